import Foundation
import Processes
import Testing

/// The Python of `.build/venv`, in which `deploy/test` puts the packages of
/// `deploy/requirements.txt`.
enum Python {
    /// Runs a script of this folder, with a file that holds `input` as its last argument, and
    /// gives what it printed. A test fails when the script does.
    static func run(_ script: String, _ arguments: [String], input: String? = nil) async throws
        -> String
    {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
        let python = folder.appending(path: "../../.build/venv/bin/python").standardized.path
        guard FileManager.default.isExecutableFile(atPath: python) else {
            throw Missing()
        }
        let files = FileManager.default.temporaryDirectory
            .appending(path: "turnstile-interop-\(UUID())")
        try FileManager.default.createDirectory(at: files, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: files) }
        let (given, printed) = (files.appending(path: "in"), files.appending(path: "out"))
        if let input { try Data(input.utf8).write(to: given) }
        let child = try await ChildProcess.start(
            python,
            [folder.appending(path: script).path] + arguments
                + (input == nil ? [] : [given.path]),
            environment: ["PYTHONUTF8": "1"], log: printed.path)
        let ending = await child.ending()
        let output = String(decoding: try Data(contentsOf: printed), as: UTF8.self)
        #expect(ending == .exited(0), "\(output.suffix(2_000))")
        return output
    }

    struct Missing: Error, CustomStringConvertible {
        let description = "no .build/venv with Python packages: run deploy/test, which makes it"
    }
}
