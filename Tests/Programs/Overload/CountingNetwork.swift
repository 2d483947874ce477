import Net
import Synchronization

/// A network that counts how often a connection was tried.
final class CountingNetwork: Network {
    private let network: any Network
    private let tried = Atomic<Int>(0)

    init(_ network: any Network) { self.network = network }

    var connects: Int { tried.load(ordering: .relaxed) }

    func listen(
        at address: Address, accept: @escaping @Sendable (any Channel) -> any ChannelHandler
    ) async throws -> any Listener {
        try await network.listen(at: address, accept: accept)
    }

    func connect(
        to address: Address, handler: @escaping @Sendable (any Channel) -> any ChannelHandler
    ) async throws -> any Channel {
        tried.add(1, ordering: .relaxed)
        return try await network.connect(to: address, handler: handler)
    }
}
