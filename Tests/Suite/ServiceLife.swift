import Lifecycle
import Net
import Support
import Synchronization

/// One life of a service: its tasks, timers and connections. All of them end at once when it is
/// killed, wherever they are, as a process does by SIGKILL; what it has stored stays.
final class ServiceLife: Scheduler, Network {
    private struct State {
        var isOver = false
        var listeners: [any Listener] = []
        var channels: [any Channel] = []
    }

    private let machine: SimulatedScheduler
    private let network: any Network
    private let state = Mutex(State())

    init(on machine: SimulatedScheduler, _ network: any Network) {
        self.machine = machine
        self.network = network
    }

    /// Nothing of it runs any more, but for the job that calls, up to its next suspension; peers
    /// see their connections end.
    func kill() {
        let (listeners, channels) = state.withLock { state in
            defer { state = State(isOver: true) }
            return (state.listeners, state.channels)
        }
        for listener in listeners { listener.close() }
        for channel in channels { channel.abort() }
    }

    private var isOver: Bool { state.withLock { $0.isOver } }

    // MARK: Scheduler

    var uptimeNanoseconds: UInt64 { machine.uptimeNanoseconds }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        machine.enqueue { [self] in
            if !isOver { job.runSynchronously(on: asUnownedTaskExecutor()) }
        }
    }

    func schedule(
        at deadline: UInt64, _ action: @escaping @Sendable () -> Void
    ) -> ScheduledTimer {
        machine.schedule(at: deadline) { [self] in if !isOver { action() } }
    }

    // MARK: Network

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
