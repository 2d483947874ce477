import Net
import Synchronization

/// The network as one process has it: when the process dies, so do its listeners and connections,
/// and what is left of its tasks reaches nobody.
final class ProcessNetwork: Network {
    private struct State {
        var isDead = false
        var channels: [any Channel] = []
        var listeners: [any Listener] = []
    }

    private let network: any Network
    private let state = Mutex(State())

    init(_ network: any Network) { self.network = network }

    func listen(
        at address: Address, accept: @escaping @Sendable (any Channel) -> any ChannelHandler
    ) async throws -> any Listener {
        let listener = try await network.listen(at: address) { [self] channel in
            state.withLock { $0.channels.append(channel) }
            return accept(channel)
        }
        state.withLock { $0.listeners.append(listener) }
        return listener
    }

    func connect(
        to address: Address, handler: @escaping @Sendable (any Channel) -> any ChannelHandler
    ) async throws -> any Channel {
        guard !state.withLock({ $0.isDead }) else {
            throw NetError(.refused, "connect to \(address): the process is dead")
        }
        let channel = try await network.connect(to: address, handler: handler)
        state.withLock { $0.channels.append(channel) }
        return channel
    }

    func die() {
        let (channels, listeners) = state.withLock { state in
            defer {
                state.isDead = true
                state.channels = []
                state.listeners = []
            }
            return (state.channels, state.listeners)
        }
        for listener in listeners { listener.close() }
        for channel in channels { channel.abort() }
    }
}
