import Lifecycle
import Net
import Processes
import Support
import Testing
import Wire

@testable import Chaos

/// That the proxy does what it counts.
@Suite struct ProxyTests {
    private static let requests = Array<Int64>(1...40)

    @Test func leavesAloneWhoIsTreatedCalmly() async throws {
        let seen = try await exchange(nil)
        #expect(seen.asked == Self.requests && seen.answered == Self.requests)
        #expect(seen.toll.injected.isEmpty)
    }

    @Test func cutsInTheMiddleOfAFrame() async throws {
        let seen = try await exchange(.cut)
        #expect(seen.isClosed && seen.answered.count < Self.requests.count)
        #expect(seen.toll.injected == [.cut: 1])
    }

    @Test func resets() async throws {
        let seen = try await exchange(.reset)
        #expect(seen.ending?.code == .reset)
        #expect(seen.toll.injected == [.reset: 1])
    }

    @Test func closesHalf() async throws {
        let seen = try await exchange(.halfClosed)
        #expect(seen.isClosed && seen.ending == nil)
        #expect(seen.toll.injected == [.halfClosed: 1])
    }

    @Test func dribbles() async throws {
        let calm = try await exchange(nil)
        let seen = try await exchange(.dribble)
        #expect(seen.asked == Self.requests && seen.answered == Self.requests)
        #expect(calm.pieces == 0 && seen.pieces > 0)
    }

    @Test func holdsReplies() async throws {
        let seen = try await exchange(.replyHeld)
        #expect(seen.asked == Self.requests && seen.answered != Self.requests)
        #expect(seen.answered.sorted() == Self.requests)
    }

    @Test func dropsRequestsOrReplies() async throws {
        let requests = try await exchange(.requestDropped)
        #expect(requests.asked.count < Self.requests.count)
        #expect(requests.answered == requests.asked)
        let replies = try await exchange(.replyDropped)
        #expect(replies.asked == Self.requests)
        #expect(replies.answered.count < Self.requests.count)
    }

    @Test func doublesAndSwapsFrames() async throws {
        let doubled = try await exchange(.frameDoubled)
        #expect(doubled.answered.count > Self.requests.count)
        #expect(Set(doubled.asked) == Set(Self.requests))
        let swapped = try await exchange(.framesSwapped)
        #expect(swapped.answered != Self.requests)
        #expect(swapped.answered.sorted() == Self.requests)
    }

    @Test func answersWithAWrongID() async throws {
        let seen = try await exchange(.wrongID)
        #expect(seen.answered.contains { $0 > 1_000_000 })
        #expect(seen.answered.count == Self.requests.count)
    }

    /// What a party has seen of an exchange through the proxy.
    private struct Seen {
        let asked: [Int64]
        let answered: [Int64]
        let pieces: Int
        let isClosed: Bool
        let ending: NetError?
        let toll: Toll
    }

    /// Asks forty times, a frame each, of somebody who answers each.
    private func exchange(_ harm: Harm?) async throws -> Seen {
        let loop = try EventLoop()
        try loop.start(name: "proxy test")
        defer { loop.stop() }
        let network = TCPNetwork(loop: loop)
        let asked = Party(answers: true)
        let listener = try await network.listen(at: .loopback()) { channel in
            asked.join(channel)
            return asked
        }
        defer { listener.close() }
        let toll = Toll()
        let port = try FreePorts.find(1)[0]
        let proxy = try Proxy(
            ports: [.gatewayOrders: port], targets: [.gatewayOrders: listener.address.port],
            seed: 7, toll: toll
        ) { random, _ in
            // The tenth frame is a request or a reply; a third of all meets a habit.
            harm.map { Temper(always: $0, atFrame: 10, rate: 3_333) } ?? Temper(random, .calm)
        }
        defer { proxy.stop() }
        let asker = Party(answers: false)
        let channel = try await network.connect(to: .loopback(port: port)) { channel in
            asker.join(channel)
            return asker
        }
        let text = Value.text(String(repeating: "x", count: 100))
        for number in Self.requests { try Party.send([1, text, .integer(number)], to: channel) }
        // Until nothing more has come for half a second, or all that only takes longer.
        var (count, quiet) = (0, 0)
        while !asker.isClosed, quiet < 10 {
            try await loop.spawn { try await loop.sleep(ms: 50) }.value
            let isSlow = harm == .replyHeld || harm == .dribble
            let isDue = isSlow && asker.numbers.count < Self.requests.count
            quiet = asker.numbers.count == count && !isDue ? quiet + 1 : 0
            count = asker.numbers.count
        }
        channel.abort()
        return Seen(
            asked: asked.numbers, answered: asker.numbers, pieces: asked.pieces + asker.pieces,
            isClosed: asker.isClosed, ending: asker.ending, toll: toll)
    }
}
