import Contracts
import FoundationEssentials
import Lifecycle
import Processes
import RPC
import Synchronization
import Wire

/// What is left of a concert of eight ticket types, asked for by 64 at a time: alone, and while
/// 2,000 reserves a second change it. The baseline is a call whose reply is as long and fixed.
enum AvailabilityBench {
    static let types = 8

    /// A reply as long as that of the concert.
    static let sample = AvailabilityReply(
        seq: 100_000, stamp: .max,
        event: EventStock(
            capacity: 100_000_000, held: 100_000, sold: 0, available: 99_900_000,
            atCapacity: false),
        types: (0..<types).map { _ in
            TypeStock(
                ticketTypeId: UUID(), available: 12_487_500, heldByOthers: 12_500, heldByYou: 0,
                sold: 0, lowStock: false, nextReleaseAt: nil)
        }, serverTime: Instant(milliseconds: 1_800_000_000_000))

    static func figures(runs: Int, seconds: Int?) async throws -> [Figure] {
        let echo = try Peer("rpc-server")
        defer { echo.stop() }
        return try await ServiceSuite.run(named: "bench", only: .inventory) { suite, _, world in
            let staff = suite.client(of: .inventory, as: "operator")
            let (asking, selling) = (
                suite.client(of: .inventory, as: "gateway"),
                suite.client(of: .inventory, as: "orders")
            )
            let fixed = RPCBench.client(port: echo.port, world: world, on: suite.network)
            defer { for client in [staff, asking, selling, fixed] { client.close() } }
            guard let process = suite.processID(of: .inventory) else {
                throw BenchError("inventory does not run")
            }
            let concert = try await Programme(
                events: 1, typesOfEach: types, staff, world: world)
            let milliseconds = UInt64(seconds ?? 2) * 1_000
            var (baselines, alone, costs): ([Double], [Double], [Double]) = ([], [], [])
            var (busy, reserves, waits): ([Double], [Double], [Double]) = ([], [], [])
            for _ in 0..<runs {
                baselines.append(
                    try await Asking(fixed, UUID()).run(callers: 64, milliseconds: 500).rate)
                let before = processorNanoseconds(of: process)
                let quiet = try await Asking(asking, concert.choices[0].eventID)
                    .run(callers: 64, milliseconds: milliseconds)
                let used = Double(processorNanoseconds(of: process) - before) / 1_000
                alone.append(quiet.rate)
                costs.append(used / Double(max(1, quiet.calls)))
                async let sold = Selling(selling, concert, world).run(milliseconds: milliseconds)
                busy.append(
                    try await Asking(asking, concert.choices[0].eventID)
                        .run(callers: 64, milliseconds: milliseconds).rate)
                let latencies = try await sold
                reserves.append(Double(latencies.count) * 1_000 / Double(milliseconds))
                waits.append(latencies.p99Microseconds)
            }
            return [
                Figure(
                    name: "availability.64", unit: "calls/s", runs: alone, baselines: baselines),
                .lower("availability.64.cpu", "us a call", costs),
                Figure(
                    name: "availability.busy.64", unit: "calls/s", runs: busy,
                    baselines: baselines),
                Figure(name: "availability.busy.reserves", unit: "calls/s", runs: reserves),
                .lower("availability.busy.reserve.p99", "us", waits),
            ]
        }
    }
}

/// Asks for what is left, and reads of each answer what can be read at once.
private final class Asking: Sendable {
    private static let method = Method<GetAvailabilityRequest, Unread>(
        InventoryAPI.getAvailability.name, .query, callers: [.gateway], .anybody, "")

    private let client: Client
    private let event: UUID
    /// The newest number that was answered.
    private let newest = Mutex<Int64>(0)

    init(_ client: Client, _ event: UUID) {
        self.client = client
        self.event = event
    }

    func run(
        callers: Int, milliseconds: UInt64
    ) async throws -> (rate: Double, calls: Int) {
        let start = nanoseconds()
        let end = start + milliseconds * 1_000_000
        let request = GetAvailabilityRequest(eventId: event)
        let calls = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<callers {
                group.addTask { [self] in
                    var calls = 0
                    while nanoseconds() < end {
                        // Of what is asked later on one connection none is older.
                        let before = newest.withLock { $0 }
                        let reply = try await client.call(Self.method, request)
                        guard reply.seq >= before else {
                            throw BenchError("an answer went back from \(before) to \(reply.seq)")
                        }
                        newest.withLock { $0 = max($0, reply.seq) }
                        calls += 1
                        if calls % 64 == 0 { try reply.check() }
                    }
                    return calls
                }
            }
            return try await group.reduce(0, +)
        }
        return (Double(calls) / (Double(nanoseconds() - start) / 1e9), calls)
    }
}

/// An answer of which only the number is read.
private struct Unread: Body {
    static let fields = AvailabilityReply.fields

    let seq: Int64
    private let bytes: [UInt8]

    init(from reader: inout CBORReader) throws {
        bytes = Array(reader.rest)
        let fields = try reader.readMapHeader()
        try reader.skipValue()
        seq = try reader.readInteger()
        for _ in 1..<max(1, fields) {
            try reader.skipValue()
            try reader.skipValue()
        }
    }

    func write(to writer: inout CBORWriter) { writer.encoded(bytes) }

    /// It is whole, and what is held, sold and left is all there is.
    func check() throws {
        let reply = try CBOR.decode(AvailabilityReply.self, from: bytes)
        let event = reply.event
        guard reply.types.count == AvailabilityBench.types,
            event.held + event.sold + (event.available ?? 0) == event.capacity,
            reply.types.reduce(0, { $0 + $1.heldByOthers }) == event.held
        else { throw BenchError("a torn answer: \(reply)") }
    }
}

/// Reserves two tickets of any type, 2,000 times a second.
private struct Selling: Sendable {
    private static let callers = 16
    private static let pauseMs: Int64 = 8

    private let client: Client
    private let concert: Programme
    private let world: World

    init(_ client: Client, _ concert: Programme, _ world: World) {
        self.client = client
        self.concert = concert
        self.world = world
    }

    /// - Returns: how long each took.
    func run(milliseconds: UInt64) async throws -> [UInt64] {
        let end = nanoseconds() + milliseconds * 1_000_000
        return try await withThrowingTaskGroup(of: [UInt64].self) { group in
            for _ in 0..<Self.callers {
                group.addTask {
                    var latencies: [UInt64] = []
                    var due = nanoseconds()
                    while due < end {
                        let sent = nanoseconds()
                        _ = try await client.call(
                            InventoryAPI.reserve, concert.any.reserve(world.newID()))
                        let now = nanoseconds()
                        latencies.append(now - sent)
                        due += UInt64(Self.pauseMs) * 1_000_000
                        if due > now {
                            try await world.scheduler.sleep(ms: Int64((due - now) / 1_000_000))
                        }
                    }
                    return latencies
                }
            }
            return try await group.reduce([], +)
        }
    }
}
