import Foundation
import Processes
import Testing

/// The Python of `.build/venv`, in which `deploy/test` puts the packages of
/// `deploy/requirements.txt`.
enum Python {
    /// Runs a script of this folder, with a file that holds `input` as its last argument, and
    /// gives what it printed. A test fails when the script does.
    static func run(
        _ script: String, _ arguments: [String], input: String? = nil,
        environment: [String: String] = [:]
    ) async throws -> String {
        let path = folder.appending(path: script).path
        return try await run(file: path, arguments, input: input, environment: environment)
    }

    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()

    /// The same for a script anywhere, with further variables.
    static func run(
        file: String, _ arguments: [String], input: String? = nil,
        environment: [String: String] = [:]
    ) async throws -> String {
        let python = folder.appending(path: "../../../.build/venv/bin/python").standardized.path
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
            [file] + arguments + (input == nil ? [] : [given.path]),
            environment: environment.merging(
                ["PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": "1"]
            ) { first, _ in first },
            log: printed.path)
        let ending = await child.ending()
        let output = String(decoding: try Data(contentsOf: printed), as: UTF8.self)
        #expect(ending == .exited(0), "\(output.suffix(2_000))")
        return output
    }

    struct Missing: Error, CustomStringConvertible {
        let description = "no .build/venv with Python packages: run deploy/test, which makes it"
    }
}
