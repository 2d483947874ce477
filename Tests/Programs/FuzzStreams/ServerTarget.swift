import Fuzz
import Lifecycle
import Net
import Support
import Wire

@testable import RPC

/// A stranger or a caller who has proven itself sends a real server anything, in any pieces. The
/// server answers each request once or ends the connection, and keeps nothing of it.
///
/// Input: who speaks, how it ends, the stream.
final class ServerTarget: FuzzTarget {
    func run(_ input: [UInt8]) {
        var choices = Choices(input)
        let isGreeted = choices.byte() % 4 != 3
        let endsAbruptly = choices.byte() % 4 == 3
        let stream = Stream(&choices)
        do {
            try serve(stream, isGreeted: isGreeted, endsAbruptly: endsAbruptly)
        } catch { must(false, "the server does not come to an end: \(error)") }
    }

    private func serve(_ stream: Stream, isGreeted: Bool, endsAbruptly: Bool) throws {
        let stage = StreamWorld()
        let server = Server(
            .init(service: "fuzz"), router: StreamAPI.router(stage.scheduler),
            credentials: StreamWorld.credentials, world: stage.world, limits: StreamWorld.limits)
        try stage.scheduler.run {
            _ = try await server.start(at: StreamWorld.address, on: stage.network)
            let peer = StreamPeer { hello, peer in
                if isGreeted, let answer = Self.answer(hello) { peer.send(hello: answer) }
            }
            peer.use(try await stage.network.connect(to: StreamWorld.address) { _ in peer })
            try await stage.scheduler.sleep(ms: 1)
            for piece in stream.pieces {
                peer.send(piece)
                try await stage.scheduler.sleep(ms: stream.pauseMs)
            }
            if !endsAbruptly {
                try await stage.scheduler.sleep(ms: 4_000)
                Self.checkAnswers(to: stream, isGreeted, peer.frames)
            }
            peer.close()
            try await stage.scheduler.sleep(ms: 4_000)
            must(server.connectionCount == 0, "a connection that was closed is kept")
            await server.stop()
        }
    }

    private static func answer(_ hello: Hello) -> Hello? {
        guard hello.proof == nil else { return nil }
        var handshake = ClientHandshake(
            service: "fuzz",
            credential: Credential(identity: StreamWorld.identity, secret: StreamWorld.secret),
            nonce: [UInt8](repeating: 9, count: Hello.nonceBytes))
        guard case .answer(let answer) = try? handshake.received(hello) else { return nil }
        return answer
    }

    /// One answer a request, and none to what nobody asked; fewer if the connection was ended.
    private static func checkAnswers(to stream: Stream, _ isGreeted: Bool, _ frames: [Frame]) {
        var asked: [UInt64: Int] = [:]
        for case .request(let head) in StreamPeer.frames(stream.bytes) {
            asked[head.id, default: 0] += 1
        }
        var (answered, hasEnded) = ([UInt64: Int](), false)
        for frame in frames {
            switch frame {
            case .result(let id), .failure(let id, _): answered[id, default: 0] += 1
            case .goaway: hasEnded = true
            default: break
            }
        }
        must(isGreeted || answered.isEmpty, "a stranger was answered")
        for (id, count) in answered {
            must(count <= asked[id] ?? 0, "call \(id) has \(count) answers")
        }
        guard isGreeted, !hasEnded else { return }
        must(answered == asked, "\(asked) was asked, \(answered) answered")
    }
}
