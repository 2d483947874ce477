public import Lifecycle
import Synchronization

/// Runs tasks one at a time on the calling thread in an order drawn from a seed, with virtual
/// time that jumps to the next timer when nothing else can run: the same seed, the same history.
public final class SimulatedScheduler: Scheduler {
    private struct State {
        var ready: [@Sendable () -> Void] = []
        var timers = VirtualTimers()
        var uptime: UInt64 = 1_000_000_000
        var steps = 0
    }

    private let state = Mutex(State())
    private let random: SeededRandom

    public init(random: SeededRandom) { self.random = random }

    public var uptimeNanoseconds: UInt64 { state.withLock { $0.uptime } }

    /// Jobs and timers run so far.
    public var steps: Int { state.withLock { $0.steps } }

    /// Timers that have neither fired nor been cancelled.
    public var timers: Int { state.withLock { $0.timers.count } }

    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        enqueue { [self] in job.runSynchronously(on: asUnownedTaskExecutor()) }
    }

    /// Runs `action` in its turn among the jobs that are ready.
    public func enqueue(_ action: @escaping @Sendable () -> Void) {
        state.withLock { $0.ready.append(action) }
    }

    public func schedule(
        at deadline: UInt64, _ action: @escaping @Sendable () -> Void
    ) -> ScheduledTimer {
        let id = state.withLock { $0.timers.add(at: deadline, action) }
        return ScheduledTimer { [self] in state.withLock { $0.timers.cancel(id) } }
    }

    /// Runs `body` as a task of this scheduler to its end, with all that it starts meanwhile.
    public func run<Success: Sendable>(
        _ body: @escaping @Sendable () async throws -> Success
    ) throws -> Success {
        let box = Box<Success>()
        Task(executorPreference: self) {
            do {
                let value = try await body()
                box.set(.success(value))
            } catch {
                box.set(.failure(error))
            }
        }
        while true {
            if let result = box.get() { return try result.get() }
            guard step() else { throw Deadlock() }
        }
    }

    /// Runs what is ready and due until `uptime` has passed by `duration`.
    public func advance(ms duration: Int64) {
        let target = state.withLock { $0.uptime + UInt64(max(0, duration)) * 1_000_000 }
        while step(notAfter: target) {}
        state.withLock { $0.uptime = max($0.uptime, target) }
    }

    /// Runs one job or timer; false when there is none up to the time given.
    private func step(notAfter limit: UInt64 = .max) -> Bool {
        let next: (@Sendable () -> Void)? = state.withLock { state in
            state.steps += 1
            if !state.ready.isEmpty {
                let index = Int(random.below(UInt64(state.ready.count)))
                state.ready.swapAt(index, state.ready.count - 1)
                return state.ready.removeLast()
            }
            guard let timer = state.timers.take(notAfter: limit) else { return nil }
            state.uptime = max(state.uptime, timer.deadline)
            return timer.action
        }
        next?()
        return next != nil
    }
}

/// Nothing can run any more, but the work has not ended: somebody waits for what never comes.
public struct Deadlock: Error {}

private final class Box<Success: Sendable>: Sendable {
    private let result = Mutex(Result<Success, any Error>?.none)

    func set(_ value: Result<Success, any Error>) { result.withLock { $0 = value } }

    func get() -> Result<Success, any Error>? { result.withLock { $0 } }
}
