internal import FoundationEssentials
internal import Glibc

/// A new folder for one run.
public struct WorkFolder: Sendable {
    public let path: String

    /// Made in TMPDIR, or in /tmp.
    public init(named name: String) throws {
        let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = "\(parent)/\(name).XXXXXX".utf8CString
        let made = template.withUnsafeMutableBufferPointer { buffer in
            buffer.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) }
        }
        guard let made else {
            throw ProcessError(
                "cannot make a folder in \(parent): \(String(cString: strerror(errno)))")
        }
        path = made
    }

    private init(path: String) { self.path = path }

    /// A folder inside, made if it is not there.
    public func folder(_ name: String) throws -> WorkFolder {
        try FileManager.default.createDirectory(
            atPath: file(name), withIntermediateDirectories: true)
        return WorkFolder(path: file(name))
    }

    public func file(_ name: String) -> String { "\(path)/\(name)" }

    /// Lets every account pass through it, to what is its own.
    public func open() throws {
        guard chmod(path, 0o711) == 0 else {
            throw ProcessError("cannot open \(path): \(String(cString: strerror(errno)))")
        }
    }

    public func remove() { try? FileManager.default.removeItem(atPath: path) }

    /// The last lines of a text file, or an empty list where there is none.
    public func lastLines(of name: String, _ count: Int = 8) -> [String] {
        guard let data = FileManager.default.contents(atPath: file(name)) else { return [] }
        return String(decoding: data.suffix(16 * 1024), as: UTF8.self)
            .split(separator: "\n").suffix(count).map(String.init)
    }
}
