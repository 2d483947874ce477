import Net
import Support
import Synchronization

/// One life of a service: a process and its connections, which all end at once when it is killed;
/// what it has stored stays.
final class ServiceLife: Network {
    private struct State {
        var listeners: [any Listener] = []
        var channels: [any Channel] = []
    }

    let process: SimulatedProcess
    private let network: any Network
    private let state = Mutex(State())

    init(on machine: SimulatedScheduler, _ network: any Network) {
        process = SimulatedProcess(on: machine)
        self.network = network
    }

    /// Nothing of it runs any more, but for the job that calls, up to its next suspension; peers
    /// see their connections end.
    func kill() {
        process.die()
        let (listeners, channels) = state.withLock { state in
            defer { state = State() }
            return (state.listeners, state.channels)
        }
        for listener in listeners { listener.close() }
        for channel in channels { channel.abort() }
    }

    func listen(
        at address: Address, accept: @escaping @Sendable (any Channel) -> any ChannelHandler
    ) async throws -> any Listener {
        let listener = try await network.listen(at: address) { [self] channel in
            keep(channel)
            return accept(channel)
        }
        state.withLock { $0.listeners.append(listener) }
        return listener
    }

    func connect(
        to address: Address, handler: @escaping @Sendable (any Channel) -> any ChannelHandler
    ) async throws -> any Channel {
        try await network.connect(to: address) { [self] channel in
            keep(channel)
            return handler(channel)
        }
    }

    private func keep(_ channel: any Channel) {
        state.withLock { $0.channels.append(channel) }
    }
}
