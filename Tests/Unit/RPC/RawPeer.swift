import Crypto
import Lifecycle
import Net
import RPC
import Support
import Synchronization
import Wire

/// A client that speaks the protocol by hand, and breaks it.
final class RawPeer: ChannelHandler {
    private struct State {
        var frames = FrameDecoder(limit: 2_000_000)
        var received: [Value] = []
        var welcome: Value?
        var bytes: [UInt8]?
        var count = 0
        var isClosed = false
        var waiter: CheckedContinuation<Void, Never>?

        mutating func takeWaiter() -> CheckedContinuation<Void, Never>? {
            defer { waiter = nil }
            return waiter
        }
    }

    private let state = Mutex(State())
    private let held = Mutex((any Channel)?.none)

    private init() {}

    static func connect(to harness: Harness) async throws -> RawPeer {
        let peer = RawPeer()
        let channel = try await harness.network.connect(to: harness.address) { _ in peer }
        peer.held.withLock { $0 = channel }
        return peer
    }

    /// Connects and says hello; the server's two hellos are taken.
    static func greeted(_ harness: Harness) async throws -> RawPeer {
        let peer = try await connect(to: harness)
        let hello = try await peer.next()
        guard case .bytes(let given) = hello?.body["nonce"] else { throw Unexpected(hello) }
        let own = [UInt8](repeating: 9, count: 32)
        try peer.sayHello(own, proof(by: "client", given, own))
        let welcome = try await peer.next()
        guard case .bytes(let theirs) = welcome?.body["proof"],
            theirs == proof(by: "server", given, own)
        else { throw Unexpected(welcome) }
        peer.state.withLock { $0.welcome = welcome }
        return peer
    }

    /// Keeps what comes as it comes: what is no `Value` too.
    func keepsBytes() { state.withLock { $0.bytes = [] } }

    var bytes: [UInt8] { state.withLock { $0.bytes ?? [] } }

    /// Frames since then.
    var count: Int { state.withLock { $0.count } }

    /// The server's last hello.
    var welcome: Value? { state.withLock { $0.welcome } }

    /// As the README has it.
    static func proof(
        by side: String, _ serverNonce: [UInt8], _ clientNonce: [UInt8], to service: String = "test"
    ) -> [UInt8] {
        let before = Array("turnstile 2 \(side)".utf8) + named(service)
        return Digest.hmac(
            key: Harness.secret, before + serverNonce + clientNonce + named("gateway"))
    }

    private static func named(_ name: String) -> [UInt8] {
        [UInt8(name.utf8.count)] + Array(name.utf8)
    }

    func sayHello(
        _ nonce: [UInt8], _ proof: [UInt8], as identity: String = "gateway", version: Int64 = 2
    ) throws {
        try send([
            0,
            .map([
                ("version", .integer(version)), ("identity", .text(identity)),
                ("nonce", .bytes(nonce)), ("proof", .bytes(proof)),
            ]),
        ])
    }

    var channel: any Channel {
        get throws {
            guard let channel = held.withLock({ $0 }) else { throw Unexpected(nil) }
            return channel
        }
    }

    var isClosed: Bool { state.withLock { $0.isClosed } }

    func send(_ frame: Value) throws {
        var writer = CBORWriter()
        let start = writer.openFrame()
        writer.value(frame)
        try writer.closeFrame(start)
        try send(bytes: writer.bytes)
    }

    func send(bytes: [UInt8]) throws { try channel.write { $0 += bytes } }

    func request(_ id: Int64, _ method: String, _ context: Value = [:], text: String = "x") throws {
        try send([1, .integer(id), .text(method), context, .map([("text", .text(text))])])
    }

    /// The next frame; nil at the end of the connection.
    func next() async throws -> Value? {
        while true {
            let (frame, isClosed) = state.withLock { state in
                (state.received.isEmpty ? nil : state.received.removeFirst(), state.isClosed)
            }
            if frame != nil || isClosed { return frame }
            await withCheckedContinuation { continuation in
                let isReady = state.withLock { state in
                    if !state.received.isEmpty || state.isClosed { return true }
                    state.waiter = continuation
                    return false
                }
                if isReady { continuation.resume() }
            }
        }
    }

    /// The reason of the goaway that ends the connection, after which nothing comes.
    func ending() async throws -> String? {
        var reason: String?
        while let frame = try await next() {
            if case .array(let items) = frame, items.first == 4, case .text(let text) = items[1] {
                reason = text
            }
        }
        return reason
    }

    func channelReceived(_ bytes: UnsafeRawBufferPointer) {
        let waiter = state.withLock { state in
            state.frames.append(bytes)
            state.bytes?.append(contentsOf: bytes)
            while let body = try? state.frames.next() {
                if state.bytes != nil { state.count += 1 }
                var reader = CBORReader(body)
                if let value = try? reader.readValue() { state.received.append(value) }
            }
            return state.takeWaiter()
        }
        waiter?.resume()
    }

    func channelDrained() {}

    func channelClosed(_ reason: NetError?) {
        let waiter = state.withLock { state in
            state.isClosed = true
            return state.takeWaiter()
        }
        waiter?.resume()
    }
}

extension RawPeer {
    struct Unexpected: Error {
        let frame: Value?
        init(_ frame: Value?) { self.frame = frame }
    }
}

extension Value {
    /// The second element of a frame.
    var body: Value {
        if case .array(let items) = self, items.count > 1 { items[1] } else { .null }
    }

    /// The word under `reason` of a response that is an error.
    var reason: String? {
        guard case .array(let items) = self, items.count == 4,
            case .text(let text) = items[2]["reason"]
        else { return nil }
        return text
    }
}
