import Foundation
import Lifecycle
import Net
import Processes
import Testing

/// The published schema against the contracts, and real messages against the schema.
@Suite struct SchemaTests {
    private static let file = URL(filePath: #filePath)
        .appending(path: "../../../../Shared/Contracts/turnstile.cddl").standardized

    /// `TURNSTILE_WRITE_SCHEMA=1 swift test --filter SchemaTests` writes it anew.
    @Test func theFileIsMadeFromTheContracts() throws {
        if ProcessInfo.processInfo.environment["TURNSTILE_WRITE_SCHEMA"] != nil {
            try CDDL.text.write(to: Self.file, atomically: true, encoding: .utf8)
        }
        let published = try String(contentsOf: Self.file, encoding: .utf8)
        #expect(
            published == CDDL.text,
            "run this test with TURNSTILE_WRITE_SCHEMA=1, and look at what has changed")
    }

    /// A client in Python buys a ticket from the three executables. `pycddl`, which others wrote,
    /// judges each frame and body, and must refuse each of them when it is spoiled.
    @Test func realMessagesFitTheSchema() async throws {
        try await ServiceSuite.run(named: "schema") { suite, folder, _ in
            let output = try await Python.run(
                "purchase.py",
                [Self.file.path, folder.file("credentials")]
                    + ServiceName.allCases.map { suite.address(of: $0).description })
            #expect(output.hasSuffix("0 problems\n"), "\(output.suffix(2_000))")
            await suite.stop()
        }
    }
}
