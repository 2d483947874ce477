public import Lifecycle
import Synchronization

/// A process of the simulated world: its jobs and timers run on the world's scheduler until it
/// dies. Then none of them runs again, wherever its tasks stood.
public final class SimulatedProcess: Scheduler {
    private struct State {
        var isAlive = true
        /// Jobs until it dies, when that is settled.
        var jobsLeft: Int?
        var onDeath: [@Sendable () -> Void] = []
    }

    private let scheduler: SimulatedScheduler
    private let state = Mutex(State())

    public init(on scheduler: SimulatedScheduler) { self.scheduler = scheduler }

    public var isAlive: Bool { state.withLock { $0.isAlive } }

    public var uptimeNanoseconds: UInt64 { scheduler.uptimeNanoseconds }

    /// Dies before it runs the `jobs`-th job from now: at any of its awaits. Nil takes it back.
    public func die(afterJobs jobs: Int?) { state.withLock { $0.jobsLeft = jobs } }

    public func die() {
        let actions = state.withLock { state in
            guard state.isAlive else { return [@Sendable () -> Void]() }
            state.isAlive = false
            defer { state.onDeath = [] }
            return state.onDeath
        }
        for action in actions { action() }
    }

    /// What the kernel does when the process is gone: it closes files and connections.
    public func whenDead(_ action: @escaping @Sendable () -> Void) {
        state.withLock { $0.onDeath.append(action) }
    }

    private func survivesJob() -> Bool {
        let dies = state.withLock { state in
            guard let left = state.jobsLeft else { return false }
            state.jobsLeft = left - 1
            return left <= 0
        }
        if dies { die() }
        return isAlive
    }

    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        scheduler.enqueue { [self] in
            if survivesJob() { job.runSynchronously(on: asUnownedTaskExecutor()) }
        }
    }

    public func schedule(
        at deadline: UInt64, _ action: @escaping @Sendable () -> Void
    ) -> ScheduledTimer {
        scheduler.schedule(at: deadline) { [self] in if isAlive { action() } }
    }
}
