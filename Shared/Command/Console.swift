internal import Contracts
internal import FoundationEssentials
internal import Lifecycle
internal import Net
internal import RPC
internal import Text
internal import Wire

extension Program {
    /// Makes a client as the flags say, and runs `body` with it.
    func withConsole(
        _ flags: [String: String], _ environment: [String: String],
        _ body: @escaping @Sendable (Console) async throws -> Int32
    ) async throws -> Int32 {
        let address: Address
        if let text = flags["--address"] {
            address = try Configuration.address(text, "--address")
        } else if let text = environment["TURNSTILE_LISTEN"], let listen = Address(text) {
            // A service that listens everywhere is reached at home.
            address =
                ["0.0.0.0", "::"].contains(listen.host) ? .loopback(port: listen.port) : listen
        } else {
            address = Configuration.defaultAddress(of: name)
        }
        try Configuration.allow(
            address, as: "--address", flags["--plaintext"] ?? environment["TURNSTILE_PLAINTEXT"])
        let identity = flags["--as"] ?? "operator"
        let file =
            flags["--credentials"] ?? environment["TURNSTILE_CREDENTIALS"]
            ?? Configuration.defaultCredentials(of: identity)
        guard let credential = try Configuration.credentials(at: file).credential(for: identity)
        else { throw ConfigurationError("\(file) has no identity \"\(identity)\"") }
        guard let timeoutMs = Int64(flags["--timeout-ms"] ?? "10000"),
            (1...30_000).contains(timeoutMs)
        else { throw ConfigurationError("--timeout-ms is a number from 1 to 30000") }
        let loop = try EventLoop()
        try loop.start(name: "loop")
        let world = World(
            scheduler: loop, clock: SystemClock(), random: KernelRandom(), log: .silent,
            metrics: Metrics())
        let client = Client(
            to: name, at: address, on: TCPNetwork(loop: loop), as: credential, world: world)
        let console = Console(program: self, client: client, world: world, timeoutMs: timeoutMs)
        defer { client.close() }
        return try await loop.spawn { try await body(console) }.value
    }
}

/// A service's own client, for people at a terminal.
struct Console: Sendable {
    let program: Program
    let client: Client
    let world: World
    let timeoutMs: Int64

    /// Calls a method with hand-typed JSON and prints its reply as JSON. An error goes to the
    /// error output as the JSON that crossed the wire; the exit status is 1 when it is a refusal,
    /// 3 when nobody knows whether the call was executed.
    func call(_ name: String, json: String, _ flags: [String: String]) async throws -> Int32 {
        guard let method = program.methods.first(where: { $0.name == name }) else {
            throw ConfigurationError(
                "there is no method \(name.quotedUnlessPlain); \(program.name) describe lists them")
        }
        let body: [UInt8]
        var options = CallOptions(timeoutMs: timeoutMs)
        do {
            body = try method.request.encode(json: json)
            options.actor = try flags["--actor"].map {
                try JSONDecoder().decode(Actor.self, from: Data($0.utf8))
            }
        } catch let error as FieldErrors {
            throw ConfigurationError("the request does not fit \(name):\n\(error)")
        } catch let error as JSONError {
            throw ConfigurationError("the request is no JSON: \(error)")
        } catch {
            throw ConfigurationError(
                "--actor is JSON such as {\"id\": \"ann\", \"kind\": \"staff\", \"roles\": []}")
        }
        let raw = Method<EncodedBody, EncodedBody>(name, .query, callers: [], .anybody, "")
        do {
            let reply = try await client.call(raw, EncodedBody(bytes: body), options)
            var reader = CBORReader(reply.bytes)
            Output.print(try reader.readValue().prettyJSON)
            return 0
        } catch let error as RPCError {
            Output.error(error.value.prettyJSON)
            return error.isRefusal ? 1 : 3
        }
    }

    func health() async throws -> Int32 {
        do {
            let reply = try await client.call(
                Method.health(of: program.name), HealthRequest(),
                CallOptions(timeoutMs: min(timeoutMs, 5_000), attempts: 1))
            Output.print("\(program.name) is \(reply.status)")
            return 0
        } catch let error as RPCError {
            Output.error("\(program.name) is not well: \(error.message)")
            return 1
        }
    }

    /// Prints what is violated; exits 0 only when nothing is. `settles` asks again until nothing
    /// is on its way any more, for at most two minutes.
    func verify(settles: Bool) async throws -> Int32 {
        let method = Method<VerifyRequest, VerifyReply>(
            "\(program.name).VerifyInvariants", .query, callers: [], .staff, "")
        var options = CallOptions(timeoutMs: 30_000)
        options.attempts = 3
        do {
            var reply = try await client.call(method, VerifyRequest(), options)
            for _ in 0..<120 where settles && reply.pending > 0 && reply.violations.isEmpty {
                try await world.scheduler.sleep(ms: 1_000)
                reply = try await client.call(method, VerifyRequest(), options)
            }
            for violation in reply.violations {
                Output.print(
                    """
                    \(violation.invariant) violated by \(violation.subject): expected \
                    \(violation.expected), found \(violation.actual)
                    """)
            }
            Output.print(
                """
                \(program.name): \(reply.checked) checks, \(reply.violations.count) violations, \
                \(reply.pending) still on their way
                """)
            return reply.violations.isEmpty && (!settles || reply.pending == 0) ? 0 : 1
        } catch let error as RPCError {
            Output.error(error.value.prettyJSON)
            return 1
        }
    }
}
