public import FoundationEssentials

/// Everything a service may not reach for by itself, passed in: executor and timers, wall clock,
/// randomness, log and metrics. A test or a simulation passes its own.
public struct World: Sendable {
    public let scheduler: any Scheduler
    public let clock: any WallClock
    public let random: any RandomSource
    public let log: Log
    public let metrics: Metrics
    /// Where a test lets the process die.
    public let failpoint: Failpoint

    public init(
        scheduler: any Scheduler, clock: any WallClock, random: any RandomSource, log: Log,
        metrics: Metrics, failpoint: Failpoint = .none
    ) {
        self.scheduler = scheduler
        self.clock = clock
        self.random = random
        self.log = log
        self.metrics = metrics
        self.failpoint = failpoint
    }

    public var now: Instant { clock.now() }

    /// A fresh time-ordered id.
    public func newID() -> UUID { random.uuidV7(at: clock.now()) }
}

/// The time of day. It may jump; nothing but Storage's guarded clock decides by it.
public protocol WallClock: Sendable {
    func now() -> Instant
}
