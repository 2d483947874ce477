/// Where a service's tasks run and its timers fire: the event loop of a process, or a seeded
/// scheduler with virtual time in a simulation.
///
/// Jobs and timer actions of one scheduler run one at a time, in an order that only it decides.
public protocol Scheduler: TaskExecutor {
    /// Nanoseconds of a clock that never goes back and counts time spent suspended.
    var uptimeNanoseconds: UInt64 { get }

    /// Runs `action` on this scheduler once `uptimeNanoseconds` has reached `deadline`.
    func schedule(at deadline: UInt64, _ action: @escaping @Sendable () -> Void) -> ScheduledTimer

    /// Runs `body` here, which hands in several jobs, and wakes whoever runs them once, at its end.
    func gather(_ body: () -> Void)

    /// Runs `action` soon after the job that calls, with several jobs between at most, or now when
    /// called from elsewhere: for waking others once for what several jobs hand to them.
    func afterJobs(_ action: @escaping @Sendable () -> Void)
}

extension Scheduler {
    public func gather(_ body: () -> Void) { body() }

    public func afterJobs(_ action: @escaping @Sendable () -> Void) { action() }
}

/// A timer that has not fired yet. Cancelling one that has fired does nothing.
public struct ScheduledTimer: Sendable {
    private let onCancel: @Sendable () -> Void

    public init(onCancel: @escaping @Sendable () -> Void) { self.onCancel = onCancel }

    public func cancel() { onCancel() }
}

extension Scheduler {
    /// Schedules relative to now; a negative delay fires as soon as possible.
    public func schedule(
        afterMs delay: Int64, _ action: @escaping @Sendable () -> Void
    ) -> ScheduledTimer {
        let (nanoseconds, tooFar) = UInt64(max(0, delay)).multipliedReportingOverflow(by: 1_000_000)
        let (deadline, overflow) = uptimeNanoseconds.addingReportingOverflow(
            tooFar ? .max : nanoseconds)
        return schedule(at: overflow ? .max : deadline, action)
    }

    /// Starts a task that stays on this scheduler.
    @discardableResult
    public func spawn<Success: Sendable>(
        _ work: @escaping @Sendable () async throws -> Success
    ) -> Task<Success, any Error> {
        Task(executorPreference: self, operation: work)
    }
}
