import Foundation

/// Every text of the project, read once.
struct SourceTree: Sendable {
    static let current = SourceTree(root: URL(filePath: #filePath).above.above.above.above)

    let files: [SourceFile]
    /// Names at the top, except dotfiles.
    let top: Set<String>
    let package: PackageArrows

    private init(root: URL) {
        let manager = FileManager.default
        let names = (try? manager.contentsOfDirectory(atPath: root.path)) ?? []
        top = Set(names.filter { !$0.hasPrefix(".") })
        var paths = ["Package.swift", "README.md"]
        for folder in ["Services", "Shared", "Tests", "deploy", ".ci"] {
            let below = (try? manager.subpathsOfDirectory(atPath: root.path + "/" + folder)) ?? []
            paths += below.sorted().map { folder + "/" + $0 }
        }
        files = paths.compactMap { path in
            guard !path.contains("__pycache__"),
                let data = manager.contents(atPath: root.path + "/" + path),
                let text = String(data: data, encoding: .utf8)
            else { return nil }
            return SourceFile(path: path, text: text)
        }
        package = PackageArrows(files.first { $0.path == "Package.swift" }?.lines ?? [])
    }

    var swift: [SourceFile] { files.filter { $0.path.hasSuffix(".swift") } }
}

extension URL {
    fileprivate var above: URL { deletingLastPathComponent() }
}
