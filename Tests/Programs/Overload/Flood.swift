import Contracts
import Crypto
import FoundationEssentials
import Lifecycle
import Net
import Processes
import RPC
import Synchronization
import Wire

/// Purchases at a rate that nothing slows down: frames by hand on several connections, none of
/// which waits for an answer. It takes a tenth of the processor time that as many calls of a
/// `Client` would, and has none of its manners.
final class Flood: Sendable {
    private let world: World
    private let loop: EventLoop
    private let peers: [FloodConnection]

    private static let timeoutMs: Int64 = 10_000

    init(_ rig: Rig, as identity: String, connections: Int) async throws {
        let loop = try EventLoop()
        try loop.start(name: "flood")
        self.loop = loop
        world = World.real(on: loop)
        var peers: [FloodConnection] = []
        for _ in 0..<connections {
            peers.append(
                try await FloodConnection.greeted(
                    by: rig.suite.address(of: .orders), on: TCPNetwork(loop: loop), as: identity,
                    secret: rig.suite.credentials.secret(of: identity),
                    nonce: world.random.bytes(32)))
        }
        self.peers = peers
    }

    /// Sends `request` so many times a second, each with another purchase's id. What has no answer
    /// so long after the last was sent is unknown.
    func run(
        rate: Double, ms: Int64, method: String = OrdersAPI.purchase.name,
        _ choice: Programme.Choice
    ) async throws -> Tally {
        let (world, peers, tally) = (world, peers, Tally())
        let template = try FloodRequest(method, choice, timeoutMs: Self.timeoutMs)
        for peer in peers { peer.begin(tally) }
        try await world.scheduler.spawn {
            let start = nanoseconds()
            let end = start + UInt64(ms) * 1_000_000
            var made = 0
            while nanoseconds() < end {
                let due = Int(rate * Double(nanoseconds() - start) / 1e9)
                while made < due {
                    peers[made % peers.count].send(template, world.newID())
                    made += 1
                }
                try await world.scheduler.sleep(ms: 2)
            }
            tally.stop()
            let giveUp = nanoseconds() + UInt64(Self.timeoutMs) * 1_000_000
            while nanoseconds() < giveUp, peers.contains(where: \.isWaiting) {
                try await world.scheduler.sleep(ms: 10)
            }
            for peer in peers { peer.end() }
        }.value
        return tally
    }

    func close() {
        for peer in peers { peer.close() }
        _ = loop.schedule(afterMs: 100) { [loop] in loop.stop() }
    }
}

/// One request as bytes, in which only the call's and the purchase's ids change.
private struct FloodRequest: Sendable {
    private let head: [UInt8]
    private let body: [UInt8]
    private let place: Int

    init(_ method: String, _ choice: Programme.Choice, timeoutMs: Int64) throws {
        var writer = CBORWriter()
        writer.text(method)
        writer.mapHeader(1)
        writer.text("deadlineMs")
        writer.integer(timeoutMs)
        head = writer.bytes
        let marker = UUID()
        let request = CBOR.encode(choice.purchase(marker, owner: "user:flood"))
        let bytes = FloodConnection.bytes(of: marker)
        let found = request.indices.first { request[$0...].starts(with: bytes) }
        guard let found else { throw UsageError(description: "a purchase without its id") }
        (body, place) = (request, found)
    }

    func append(_ call: Int, _ id: UUID, to buffer: inout [UInt8]) throws {
        var writer = CBORWriter()
        swap(&writer.bytes, &buffer)
        defer { swap(&writer.bytes, &buffer) }
        let start = writer.openFrame()
        writer.arrayHeader(5)
        writer.integer(1)
        writer.integer(call)
        writer.encoded(head)
        let first = writer.count + place
        writer.encoded(body)
        writer.bytes.replaceSubrange(first..<first + 16, with: FloodConnection.bytes(of: id))
        try writer.closeFrame(start)
    }
}

/// The calling end of one connection, with no manners.
private final class FloodConnection: ChannelHandler {
    private struct State {
        var frames = FrameDecoder(limit: FrameLimits.afterHello)
        var hellos: [ArraySlice<UInt8>] = []
        var whenHeard: CheckedContinuation<Void, Never>?
        var isClosed = false
        var tally = Tally()
        /// When each call was made, by its number since `first`.
        var began: [UInt64] = []
        var first = 1
        var waiting = 0
    }

    private let state = Mutex(State())
    private let channel = Mutex((any Channel)?.none)

    static func bytes(of id: UUID) -> [UInt8] { withUnsafeBytes(of: id.uuid) { Array($0) } }

    static func greeted(
        by address: Address, on network: TCPNetwork, as identity: String, secret: [UInt8],
        nonce: [UInt8]
    ) async throws -> FloodConnection {
        let peer = FloodConnection()
        let channel = try await network.connect(to: address) { _ in peer }
        peer.channel.withLock { $0 = channel }
        guard case .bytes(let given)? = try await peer.hello()["nonce"] else {
            throw UsageError(description: "Orders did not say hello")
        }
        func named(_ name: String) -> [UInt8] { [UInt8(name.utf8.count)] + Array(name.utf8) }
        let proof = Digest.hmac(
            key: secret,
            Array("turnstile 2 client".utf8) + named("orders") + given + nonce + named(identity))
        var writer = CBORWriter()
        let start = writer.openFrame()
        writer.value([
            0,
            .map([
                ("version", 2), ("identity", .text(identity)), ("nonce", .bytes(nonce)),
                ("proof", .bytes(proof)),
            ]),
        ])
        try writer.closeFrame(start)
        channel.write { $0 += writer.bytes }
        _ = try await peer.hello()
        return peer
    }

    var isWaiting: Bool { state.withLock { $0.waiting > 0 && !$0.isClosed } }

    func begin(_ tally: Tally) {
        state.withLock {
            $0.first += $0.began.count
            ($0.tally, $0.began, $0.waiting) = (tally, [], 0)
        }
    }

    func send(_ request: FloodRequest, _ id: UUID) {
        let call = state.withLock { state in
            state.began.append(nanoseconds())
            state.waiting += 1
            return state.first + state.began.count - 1
        }
        _ = try? channel.withLock { $0 }?.write { try request.append(call, id, to: &$0) }
    }

    /// What still has no answer is unknown.
    func end() {
        state.withLock { state in
            for began in state.began where began > 0 {
                state.tally.record(.unknown("no answer"), since: began)
            }
            (state.first, state.began, state.waiting) = (state.first + state.began.count, [], 0)
        }
    }

    func close() { channel.withLock { $0 }?.close() }

    private func hello() async throws -> Value {
        while true {
            let (hello, isClosed) = state.withLock { state in
                (state.hellos.isEmpty ? nil : state.hellos.removeFirst(), state.isClosed)
            }
            if let hello {
                var reader = CBORReader(hello)
                guard case .array(let items) = try reader.readValue(), items.count == 2 else {
                    break
                }
                return items[1]
            }
            if isClosed { break }
            await withCheckedContinuation { continuation in
                let isReady = state.withLock { state in
                    if !state.hellos.isEmpty || state.isClosed { return true }
                    state.whenHeard = continuation
                    return false
                }
                if isReady { continuation.resume() }
            }
        }
        throw UsageError(description: "Orders did not say hello")
    }

    func channelReceived(_ bytes: UnsafeRawBufferPointer) {
        let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
            state.frames.append(bytes)
            while let frame = try? state.frames.next() { Self.take(frame, &state) }
            defer { state.whenHeard = nil }
            return state.whenHeard
        }
        waiter?.resume()
    }

    private static func take(_ frame: ArraySlice<UInt8>, _ state: inout State) {
        var reader = CBORReader(frame)
        guard let count = try? reader.readArrayHeader(), let kind = try? reader.readInteger()
        else { return }
        if kind == 0 { state.hellos.append(frame) }
        guard kind == 2, count == 4, let id = try? reader.readInteger() else { return }
        let index = Int(id) - state.first
        guard state.began.indices.contains(index), state.began[index] > 0 else { return }
        state.tally.record(ending(&reader), since: state.began[index])
        state.began[index] = 0
        state.waiting -= 1
    }

    private static func ending(_ reader: inout CBORReader) -> Ending {
        if reader.readNullIfPresent() {
            let reply = try? CBOR.decode(CheckoutReply.self, from: reader.rest)
            return reply?.state == .completed ? .done : .unknown("still running")
        }
        guard let error = try? reader.readValue(), case .text(let reason)? = error["reason"] else {
            return .unknown("an answer that cannot be read")
        }
        if error["outcome"] == "refused" { return .refused(reason) }
        return error["executed"] == false ? .shed(reason) : .unknown(reason)
    }

    func channelDrained() {}

    func channelClosed(_ reason: NetError?) {
        let waiter = state.withLock { state in
            state.isClosed = true
            defer { state.whenHeard = nil }
            return state.whenHeard
        }
        waiter?.resume()
    }
}
