import Lifecycle
import Net
import RPC
import Support
import Testing

/// A client of several instances of one service.
@Suite struct InstancesTests {
    private static func instance(_ test: TestWorld, _ network: any Network, _ port: UInt16)
        async throws -> Server
    {
        var router = Router(log: .silent)
        router.handle(TestAPI.echo) { _, _ in Note(text: "\(port)", number: nil) }
        let server = Server(
            .init(service: "test"), router: router, credentials: Harness.credentials,
            world: test.world)
        _ = try await server.start(at: .loopback(port: port), on: network)
        return server
    }

    private static func client(_ test: TestWorld, _ network: any Network) -> Client {
        Client(
            to: "test", at: [.loopback(port: 1), .loopback(port: 2), .loopback(port: 3)],
            on: network, as: Credential(identity: "gateway", secret: Harness.secret),
            world: test.world)
    }

    /// Without waiting: nobody else's call fails because one instance is gone.
    @Test func itStaysWithOneAndGoesOnWhenThatIsGone() throws {
        let test = TestWorld(seed: 8)
        try test.run {
            let network = MemoryNetwork(scheduler: test.scheduler)
            let client = Self.client(test, network)
            func answerer() async throws -> String {
                try await client.call(TestAPI.echo, Note(text: "?"), CallOptions(attempts: 1)).text
            }
            let third = try await Self.instance(test, network, 3)
            let begin = test.scheduler.uptimeNanoseconds
            #expect(try await answerer() == "3")
            let first = try await Self.instance(test, network, 1)
            #expect(try await answerer() == "3")
            await third.stop()
            #expect(try await answerer() == "1")
            #expect(test.scheduler.uptimeNanoseconds - begin < 100_000_000)
            await first.stop()
            let error = await #expect(throws: RPCError.self) { try await answerer() }
            #expect(error?.message.contains("127.0.0.1:1, 127.0.0.1:2, 127.0.0.1:3") == true)
            client.close()
        }
    }

    /// All waiters wait for the round over all instances.
    @Test func whoNeverGreetsIsPassedOver() throws {
        let test = TestWorld(seed: 8)
        try test.run {
            let network = MemoryNetwork(scheduler: test.scheduler)
            let silent = try await network.listen(at: .loopback(port: 1)) { _ in Silent() }
            let server = try await Self.instance(test, network, 2)
            let client = Self.client(test, network)
            let reply = try await client.call(
                TestAPI.echo, Note(text: "?"), CallOptions(timeoutMs: 30_000, attempts: 1))
            #expect(reply.text == "2")
            client.close()
            silent.close()
            await server.stop()
        }
    }
}

private final class Silent: ChannelHandler {
    func channelReceived(_ bytes: UnsafeRawBufferPointer) {}
    func channelDrained() {}
    func channelClosed(_ reason: NetError?) {}
}
