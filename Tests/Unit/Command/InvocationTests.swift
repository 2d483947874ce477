import Testing

@testable import Command

@Suite struct InvocationTests {
    @Test(arguments: [
        ("", Invocation.serve(flags: [:])),
        ("serve --listen 127.0.0.1:0", .serve(flags: ["--listen": "127.0.0.1:0"])),
        ("--listen=127.0.0.1:0", .serve(flags: ["--listen": "127.0.0.1:0"])),
        ("call x.Get", .call(method: "x.Get", json: "{}", flags: [:])),
        (
            "call x.Get {} --as gateway --timeout-ms=50",
            .call(
                method: "x.Get", json: "{}", flags: ["--as": "gateway", "--timeout-ms": "50"])
        ),
        ("describe", .describe(name: nil)),
        ("describe x.Get", .describe(name: "x.Get")),
        ("describe --reasons", .describeReasons),
        ("describe --limits", .describeLimits),
        ("health --address a:1", .health(flags: ["--address": "a:1"])),
        ("verify --settle", .verify(settles: true, flags: [:])),
        ("--help", .help), ("-h", .help), ("help", .help), ("--version", .version),
    ])
    func understood(_ line: String, _ expected: Invocation) throws {
        #expect(try invocation(line) == expected)
    }

    @Test(arguments: [
        ("frobnicate", "there is no command \"frobnicate\""),
        ("call", "call needs a METHOD"),
        ("call a {} b", "\"b\" is one word too many: call METHOD JSON"),
        ("serve --colour red", "there is no flag --colour here; there are: --listen"),
        ("--listen", "--listen needs a value"),
        ("describe --settle", "there is no flag --settle here; there are: --reasons, --limits"),
        ("health now", "\"now\" is one word too many: health"),
    ])
    func refused(_ line: String, _ message: String) {
        let error = #expect(throws: UsageError.self) { try invocation(line) }
        #expect(error?.description == message)
    }

    private func invocation(_ line: String) throws -> Invocation {
        try Invocation(line.split(separator: " ").map(String.init), serveFlags: ["--listen"])
    }
}
