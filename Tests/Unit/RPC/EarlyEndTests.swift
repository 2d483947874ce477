import Lifecycle
import Net
import Support
import Testing
import Wire

@testable import RPC

/// A connection that ends with the very bytes that made it ready.
@Suite struct EarlyEndTests {
    enum End: CaseIterable, Sendable { case secondHello, goaway, closed }

    /// The client's own task, which waits for the hello, hears of it later than the connection
    /// does of its end: the client must not keep what is over.
    @Test(arguments: End.allCases) func whatEndsWithTheHelloIsNotKept(_ end: End) throws {
        let test = TestWorld(seed: 8)
        try test.run {
            let memory = MemoryNetwork(scheduler: test.scheduler)
            let harness = try await Harness(world: test.world, network: memory)
            let client = Client(
                to: "test", at: harness.address, on: EndingNetwork(memory, end),
                as: Credential(identity: "gateway", secret: Harness.secret), world: test.world)
            let note = Note(text: "x")
            let first = await #expect(throws: RPCError.self) {
                try await client.call(TestAPI.echo, note, CallOptions(attempts: 1))
            }
            #expect(first?.reason == .unavailable && first?.executed == false)
            let second = try await client.call(TestAPI.echo, note, CallOptions(attempts: 1))
            #expect(second == note)
            client.close()
            await harness.server.stop()
        }
    }
}

/// A network whose first connection ends with the server's welcome.
private final class EndingNetwork: Network {
    private let inner: any Network
    private let end: EarlyEndTests.End
    private let connections = Counter()

    init(_ inner: any Network, _ end: EarlyEndTests.End) {
        self.inner = inner
        self.end = end
    }

    func listen(
        at address: Address, accept: @escaping @Sendable (any Channel) -> any ChannelHandler
    ) async throws -> any Listener { try await inner.listen(at: address, accept: accept) }

    func connect(
        to address: Address, handler: @escaping @Sendable (any Channel) -> any ChannelHandler
    ) async throws -> any Channel {
        connections.add()
        let isFirst = connections.count == 1
        return try await inner.connect(to: address) { [end] channel in
            isFirst ? EndingHandler(handler(channel), end) : handler(channel)
        }
    }
}

/// Gives its handler the greeting, and with the welcome the end.
private final class EndingHandler: ChannelHandler {
    private let inner: any ChannelHandler
    private let end: EarlyEndTests.End
    private let hellos = Counter()

    init(_ inner: any ChannelHandler, _ end: EarlyEndTests.End) {
        self.inner = inner
        self.end = end
    }

    func channelReceived(_ bytes: UnsafeRawBufferPointer) {
        inner.channelReceived(bytes)
        hellos.add()
        guard hellos.count == 2 else { return }
        switch end {
        case .secondHello: inner.channelReceived(bytes)
        case .goaway: Self.goaway.withUnsafeBytes { inner.channelReceived($0) }
        case .closed: inner.channelClosed(NetError(.reset, "reset"))
        }
    }

    func channelDrained() { inner.channelDrained() }
    func channelClosed(_ reason: NetError?) { inner.channelClosed(reason) }

    private static let goaway: [UInt8] = {
        var writer = CBORWriter()
        let start = writer.openFrame()
        writer.value([4, "DRAINING"])
        try? writer.closeFrame(start)
        return writer.bytes
    }()
}
