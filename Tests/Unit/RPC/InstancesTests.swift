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

    /// A host that is powered off answers nothing, not even that it refuses.
    @Test func whoDoesNotEvenConnectIsPassedOver() throws {
        let test = TestWorld(seed: 8)
        try test.run {
            let memory = MemoryNetwork(scheduler: test.scheduler)
            let network = DeadHost(network: memory, dead: .loopback(port: 1), world: test.world)
            let server = try await Self.instance(test, memory, 2)
            let client = Self.client(test, network)
            let begin = test.scheduler.uptimeNanoseconds
            let reply = try await client.call(
                TestAPI.echo, Note(text: "?"), CallOptions(attempts: 1))
            #expect(reply.text == "2")
            let tookMs = (test.scheduler.uptimeNanoseconds - begin) / 1_000_000
            #expect((5_000..<5_100).contains(tookMs))
            client.close()
            await server.stop()
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

/// A network on which one address swallows everything, as a host without power does.
private struct DeadHost: Network {
    let network: any Network
    let dead: Address
    let world: World

    func listen(
        at address: Address, accept: @escaping @Sendable (any Channel) -> any ChannelHandler
    ) async throws -> any Listener { try await network.listen(at: address, accept: accept) }

    func connect(
        to address: Address, handler: @escaping @Sendable (any Channel) -> any ChannelHandler
    ) async throws -> any Channel {
        if address == dead { try await world.scheduler.sleep(ms: 120_000) }
        return try await network.connect(to: address, handler: handler)
    }
}
