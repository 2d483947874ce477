import Lifecycle
import Net
import Support
import Synchronization
import Testing

@testable import RPC

/// How often and when a client tries again.
@Suite struct RetryTests {
    /// What each delay is drawn around: 0.1 s × 1.6 up to 10 s.
    private static let middles: [Int64] = [
        100, 160, 256, 409, 654, 1_046, 1_673, 2_676, 4_281, 6_849, 10_000, 10_000, 10_000,
    ]

    private static func bounds(_ middle: Int64) -> ClosedRange<Int64> {
        middle - middle / 5...middle + middle / 5
    }

    @Test func theDelaysOfConnectingGrowToTenSecondsGiveOrTakeAFifth() {
        let random = SeededRandom(seed: 7)
        for (index, middle) in Self.middles.enumerated() {
            let delays = (0..<500).map { _ in
                RetryPolicy.connect.delayMs(after: Int64(index), random)
            }
            #expect(delays.allSatisfy(Self.bounds(middle).contains))
            // The whole width is used, so that peers which lost a server together spread out.
            let (least, most) = (delays.min() ?? 0, delays.max() ?? 0)
            #expect(most - least > middle / 3)
        }
        #expect(Self.bounds(10_000).contains(RetryPolicy.connect.delayMs(after: .max, random)))
    }

    @Test func aClientConnectsAgainAtThoseTimesAndOnceAtATime() throws {
        let test = TestWorld(seed: 8)
        try test.run {
            let network = CountingNetwork(MemoryNetwork(scheduler: test.scheduler), test.scheduler)
            let client = Client(
                to: "nobody", at: .loopback(port: 9), on: network,
                as: Credential(identity: "gateway", secret: Harness.secret), world: test.world)
            let callers = (0..<4).map { _ in
                test.scheduler.spawn {
                    for _ in 0..<Self.middles.count {
                        _ = try? await client.call(
                            TestAPI.echo, Note(text: "x"), CallOptions(attempts: 1))
                    }
                }
            }
            for caller in callers { try await caller.value }
            let times = network.times
            #expect(times.count == Self.middles.count)
            for (index, gap) in zip(times.dropFirst(), times).map({ $0 - $1 }).enumerated() {
                #expect(Self.bounds(Self.middles[index]).contains(gap), "attempt \(index + 2)")
            }
            client.close()
        }
    }

    @Test func theBudgetIsFiveRetriesAndOneMoreForTenSuccesses() {
        let budget = RetryBudget()
        #expect((0..<8).map { _ in budget.take() }.count { $0 } == 5)
        for _ in 0..<9 { budget.succeeded() }
        #expect(budget.take())
        #expect(!budget.take())
        for _ in 0..<10_000 { budget.succeeded() }
        #expect((0..<8).count { _ in budget.take() } == 5)
    }

    @Test func anExhaustedBudgetEndsRetriesUntilCallsSucceed() throws {
        try inVirtualTime { harness, _ in
            let client = harness.client()
            func call(_ text: String, times: Int) async -> Int {
                let before = harness.asked.count
                for _ in 0..<times { _ = try? await client.call(TestAPI.flaky, Note(text: text)) }
                return harness.asked.count - before
            }
            // Three attempts a call would be 60.
            #expect(await call("fail", times: 20) == 25)
            #expect(await call("fail", times: 20) == 20)
            #expect(await call("ok", times: 20) == 20)
            #expect(await call("fail", times: 20) == 22)
            client.close()
        }
    }
}

/// Notes when connections are tried, in milliseconds, and that none is while another one is.
private final class CountingNetwork: Network {
    private let inner: any Network
    private let scheduler: any Scheduler
    private let attempts = Mutex<[Int64]>([])

    init(_ inner: any Network, _ scheduler: any Scheduler) {
        self.inner = inner
        self.scheduler = scheduler
    }

    var times: [Int64] { attempts.withLock { $0 } }

    func listen(
        at address: Address, accept: @escaping @Sendable (any Channel) -> any ChannelHandler
    ) async throws -> any Listener { try await inner.listen(at: address, accept: accept) }

    func connect(
        to address: Address, handler: @escaping @Sendable (any Channel) -> any ChannelHandler
    ) async throws -> any Channel {
        attempts.withLock { $0.append(Int64(scheduler.uptimeNanoseconds / 1_000_000)) }
        return try await inner.connect(to: address, handler: handler)
    }
}
