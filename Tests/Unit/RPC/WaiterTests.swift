import Lifecycle
import Net
import RPC
import Support
import Synchronization
import Testing

/// Calls that wait for a connection: so many, and no timer is left of those that were answered.
@Suite struct WaiterTests {
    /// Connects nowhere until it is told to fail.
    private final class StuckNetwork: Network {
        struct Away: Error {}

        let scheduler: any Scheduler
        let isAway = Atomic(false)

        init(_ scheduler: any Scheduler) { self.scheduler = scheduler }

        func listen(
            at address: Address, accept: @escaping @Sendable (any Channel) -> any ChannelHandler
        ) async throws -> any Listener { throw Away() }

        func connect(
            to address: Address, handler: @escaping @Sendable (any Channel) -> any ChannelHandler
        ) async throws -> any Channel {
            while !isAway.load(ordering: .relaxed) { try await scheduler.sleep(ms: 10) }
            throw Away()
        }
    }

    @Test func tenThousandCallsWaitAndOneMoreIsRefused() throws {
        let test = TestWorld()
        try test.run {
            let network = StuckNetwork(test.scheduler)
            let client = Client(
                to: "test", at: .loopback(port: 1), on: network,
                as: Credential(identity: "gateway", secret: Harness.secret), world: test.world)
            @Sendable func call() async -> Reason? {
                do {
                    _ = try await client.call(
                        TestAPI.echo, Note(text: "", number: nil),
                        CallOptions(timeoutMs: 20_000, attempts: 1))
                    return nil
                } catch { return (error as? RPCError)?.reason }
            }
            let waiting = (0..<10_000).map { _ in test.scheduler.spawn { await call() } }
            try await test.scheduler.sleep(ms: 1)
            #expect(test.scheduler.timers > 10_000)
            #expect(await call() == .overloaded)
            network.isAway.store(true, ordering: .relaxed)
            for call in waiting { #expect(try await call.value == .unavailable) }
            #expect(test.scheduler.timers < 10)
            client.close()
        }
    }
}
