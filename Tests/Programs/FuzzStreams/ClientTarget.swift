import Fuzz
import Lifecycle
import Net
import Support
import Synchronization
import Wire

@testable import RPC

/// A server that has proven itself, or could not, answers a client's calls with anything. Each
/// call ends once, with a reply of its type or an error.
///
/// Input: how far the server follows the protocol, the stream that it then sends.
final class ClientTarget: FuzzTarget {
    func run(_ input: [UInt8]) {
        var choices = Choices(input)
        let isProven = choices.byte() % 4 != 3
        let stream = Stream(&choices)
        do {
            try call(against: stream, isProven: isProven)
        } catch { must(false, "the client does not come to an end: \(error)") }
    }

    private func call(against stream: Stream, isProven: Bool) throws {
        let stage = StreamWorld()
        try stage.scheduler.run {
            let peer = StreamPeer { hello, peer in
                if isProven, let proof = Self.proof(for: hello) { peer.send(hello: proof) }
            }
            let listener = try await stage.network.listen(at: StreamWorld.address) { channel in
                peer.use(channel)
                return peer
            }
            let connection = try await Self.connect(on: stage)
            if isProven { peer.send(hello: Self.greeting) }
            let ready = stage.scheduler.spawn { try await connection.ready() }
            let ended = Mutex(0)
            for _ in 0..<3 {
                stage.scheduler.spawn {
                    defer { ended.withLock { $0 += 1 } }
                    try await ready.value
                    _ = try await connection.call(
                        StreamAPI.echo, SampleReserve.example, CallOptions(timeoutMs: 5_000))
                }
            }
            try await stage.scheduler.sleep(ms: 5)
            for piece in stream.pieces {
                peer.send(piece)
                try await stage.scheduler.sleep(ms: stream.pauseMs)
            }
            try await stage.scheduler.sleep(ms: 6_000)
            peer.close()
            try await stage.scheduler.sleep(ms: 1_000)
            must(ended.withLock { $0 } == 3, "\(ended.withLock { $0 }) of 3 calls ended")
            _ = peer.frames
            listener.close()
        }
    }

    private static func connect(on stage: StreamWorld) async throws -> ClientConnection {
        let made = Mutex(ClientConnection?.none)
        _ = try await stage.network.connect(to: StreamWorld.address) { channel in
            let connection = ClientConnection(
                channel: channel, service: "fuzz",
                credential: Credential(
                    identity: StreamWorld.identity, secret: StreamWorld.secret),
                world: stage.world, limits: StreamWorld.limits, onRetire: { _ in })
            made.withLock { $0 = connection }
            return connection
        }
        guard let connection = made.withLock({ $0 }) else {
            throw RPCError(.unavailable, "nobody listens")
        }
        return connection
    }

    private static let nonce = [UInt8](repeating: 5, count: Hello.nonceBytes)

    private static var greeting: Hello {
        ServerHandshake(service: "fuzz", nonce: nonce, credentials: StreamWorld.credentials)
            .greeting
    }

    private static func proof(for hello: Hello) -> Hello? {
        let handshake = ServerHandshake(
            service: "fuzz", nonce: nonce, credentials: StreamWorld.credentials)
        return try? handshake.answer(hello, limits: StreamWorld.limits).1
    }
}
