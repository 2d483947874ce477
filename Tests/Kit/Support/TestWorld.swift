public import Lifecycle
import Synchronization

/// A world of virtual time and seeded randomness, with the log kept for the test to read.
public struct TestWorld: Sendable {
    public let scheduler: SimulatedScheduler
    public let clock: TestClock
    public let logLines: LogLines
    public let world: World

    public init(
        seed: UInt64 = 1, startingAt start: Instant = .init(milliseconds: 1_800_000_000_000),
        logging least: Log.Level = .debug
    ) {
        scheduler = SimulatedScheduler(random: SeededRandom(seed: seed))
        clock = TestClock(start: start, scheduler: scheduler)
        let lines = LogLines()
        logLines = lines
        world = World(
            scheduler: scheduler, clock: clock, random: SeededRandom(seed: seed &+ 0x5eed),
            log: Log(service: "test", least: least, clock: clock, sink: { lines.append($0) }),
            metrics: Metrics())
    }

    /// The same world with another clock, or for tasks that run elsewhere.
    public func world(
        _ clock: (any WallClock)? = nil, on scheduler: (any Scheduler)? = nil
    ) -> World {
        World(
            scheduler: scheduler ?? self.scheduler, clock: clock ?? self.clock,
            random: world.random, log: world.log, metrics: world.metrics)
    }

    /// Runs `body` to its end in this world.
    public func run<Success: Sendable>(
        _ body: @escaping @Sendable () async throws -> Success
    ) throws -> Success {
        try scheduler.run(body)
    }
}

/// A wall clock that goes with the scheduler's virtual time, and jumps when told to.
public final class TestClock: WallClock {
    private let base: Mutex<Instant>
    private let scheduler: SimulatedScheduler
    private let origin: UInt64

    public init(start: Instant, scheduler: SimulatedScheduler) {
        base = Mutex(start)
        self.scheduler = scheduler
        origin = scheduler.uptimeNanoseconds
    }

    public func now() -> Instant {
        let elapsed = Int64((scheduler.uptimeNanoseconds - origin) / 1_000_000)
        return base.withLock { $0.advanced(byMs: elapsed) }
    }

    /// Moves the wall clock alone, as an operator or NTP would; timers are unaffected.
    public func jump(byMs amount: Int64) {
        base.withLock { $0 = $0.advanced(byMs: amount) }
    }
}

public final class LogLines: Sendable {
    private let lines = Mutex([String]())

    public init() {}

    public func append(_ line: String) { lines.withLock { $0.append(line) } }

    public var all: [String] { lines.withLock { $0 } }
}
