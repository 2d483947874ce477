import Contracts
import FoundationEssentials
import Lifecycle
import Net
import Processes
import RPC
import Synchronization
import Wire

/// Typed unary calls with a reserve request and its reply, through the real server and client in
/// two processes, against the bare echo of frames of the same size.
enum RPCBench {
    private static let secret = [UInt8](repeating: 1, count: 32)

    static let request = ReserveRequest(
        holdId: UUID(), eventId: UUID(), owner: "user:4711-0815-bench",
        lines: [
            HoldLine(ticketTypeId: UUID(), quantity: 2),
            HoldLine(ticketTypeId: UUID(), quantity: 1),
        ], ttlMs: 900_000, purpose: .checkout, fence: Fence(orderId: UUID(), epoch: 3))

    static let reply = HoldReply(
        holdId: UUID(), state: .committing, eventId: UUID(), owner: "user:4711-0815-bench",
        purpose: .checkout, lines: [], createdAt: Instant(milliseconds: 1_800_000_000_000),
        expiresAt: Instant(milliseconds: 1_800_000_900_000), expiresInMs: nil,
        maxExpiresAt: Instant(milliseconds: 1_800_001_800_000), extensions: 0, orderId: UUID(),
        reclaimed: false)

    // MARK: The server's process

    static func serve() async throws {
        let (world, network) = try makeWorld()
        var router = Router(log: world.log)
        router.handle(InventoryAPI.reserve) { _, _ in reply }
        router.handle(InventoryAPI.getAvailability) { _, _ in AvailabilityBench.sample }
        let server = Server(
            .init(service: "bench"), router: router,
            credentials: Credentials(identities: [
                "bench": .init(secrets: [secret], roles: [.orders])
            ]), world: world)
        let address = try await server.start(at: .loopback(), on: network)
        Peer.serve(at: address.port)
    }

    static func makeWorld() throws -> (World, TCPNetwork) {
        let loop = try EventLoop()
        try loop.start(name: "loop")
        let world = World.real(on: loop)
        return (world, TCPNetwork(loop: loop))
    }

    // MARK: The caller

    static func client(port: UInt16, world: World, on network: any Network) -> Client {
        Client(
            to: "bench", at: .loopback(port: port), on: network,
            as: Credential(identity: "bench", secret: secret), world: world)
    }

    /// Calls with `inFlight` at once on one connection for some milliseconds.
    private static func call(
        port: UInt16, inFlight: Int, milliseconds: UInt64
    ) async throws -> (callsPerSecond: Double, latencies: [UInt64]) {
        let (world, network) = try makeWorld()
        let client = client(port: port, world: world, on: network)
        defer { client.close() }
        return try await world.scheduler.spawn {
            _ = try await client.call(InventoryAPI.reserve, request)
            let start = nanoseconds()
            let end = start + milliseconds * 1_000_000
            let results = try await withThrowingTaskGroup(of: (Int, [UInt64]).self) { group in
                for _ in 0..<inFlight {
                    group.addTask {
                        var calls = 0
                        var latencies: [UInt64] = []
                        var sent = nanoseconds()
                        while sent < end {
                            _ = try await client.call(InventoryAPI.reserve, request)
                            let now = nanoseconds()
                            if inFlight == 1 { latencies.append(now - sent) }
                            sent = now
                            calls += 1
                        }
                        return (calls, latencies)
                    }
                }
                return try await group.reduce((0, [])) { ($0.0 + $1.0, $0.1 + $1.1) }
            }
            return (Double(results.0) / (Double(nanoseconds() - start) / 1e9), results.1)
        }.value
    }

    // MARK: Figures

    static func figures(runs: Int, seconds: Int?) async throws -> [Figure] {
        var figures = try await throughput(runs: runs, seconds: seconds)
        for (name, processor) in [("rpc.1.p50.one-core", 0), ("rpc.1.p50.two-cores", 1)] {
            figures.append(try await latency(name, serverOn: processor, runs: runs))
        }
        return figures
    }

    static let requestBytes = 45 + CBOR.encode(request).count
    static let replyBytes = 8 + CBOR.encode(reply).count

    /// Calls a second with 64 in flight on one connection, and the processor time that a call
    /// takes on both sides together.
    static func throughput(runs: Int, seconds: Int?) async throws -> [Figure] {
        let seconds = seconds ?? 1
        let server = try Peer("rpc-server")
        let echo = try Peer("bare-echo", ["\(requestBytes)", "\(replyBytes)"])
        defer {
            server.stop()
            echo.stop()
        }
        var (rates, bare): ([Double], [Double]) = ([], [])
        var costs: [Double] = []
        for _ in 0..<runs {
            let before = server.processorNanoseconds + processorNanoseconds()
            let rate = try await call(
                port: server.port, inFlight: 64, milliseconds: UInt64(seconds) * 1_000
            ).callsPerSecond
            let after = server.processorNanoseconds + processorNanoseconds()
            rates.append(rate)
            costs.append(Double(after - before) / 1_000 / (rate * Double(seconds)))
            bare.append(
                try BareEcho.call(
                    port: echo.port, requestBytes: requestBytes, replyBytes: replyBytes,
                    inFlight: 64, milliseconds: 200
                ).callsPerSecond)
        }
        return [
            Figure(name: "rpc.64", unit: "calls/s", runs: rates, baselines: bare),
            Figure(name: "rpc.64.cpu", unit: "us a call", runs: costs, isHigherBetter: false),
        ]
    }

    /// The median of one call at a time, both sides pinned: the caller to processor 0.
    private static func latency(
        _ name: String, serverOn processor: Int, runs: Int
    ) async throws -> Figure {
        let server = try Peer("rpc-server", processor: processor)
        let echo = try Peer(
            "bare-echo", ["\(requestBytes)", "\(replyBytes)"], processor: processor)
        pin(to: 0)
        defer {
            unpin()
            server.stop()
            echo.stop()
        }
        var (latencies, bare): ([Double], [Double]) = ([], [])
        for _ in 0..<runs {
            latencies.append(
                try await call(port: server.port, inFlight: 1, milliseconds: 300)
                    .latencies.p50Microseconds)
            bare.append(
                try BareEcho.call(
                    port: echo.port, requestBytes: requestBytes, replyBytes: replyBytes,
                    inFlight: 1, milliseconds: 300
                ).latencies.p50Microseconds)
        }
        return Figure(
            name: name, unit: "us", runs: latencies, baselines: bare, isHigherBetter: false)
    }
}

extension [UInt64] {
    /// The median, in microseconds.
    var p50Microseconds: Double { isEmpty ? 0 : Double(sorted()[count / 2]) / 1_000 }
}
