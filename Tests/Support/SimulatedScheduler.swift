public import Lifecycle
import Synchronization

/// Runs tasks one at a time on the calling thread in an order drawn from a seed, with virtual
/// time that jumps to the next timer when nothing else can run: the same seed, the same history.
public final class SimulatedScheduler: Scheduler {
    private struct Ready {
        let job: UnownedJob
        let process: SimulatedProcess?
    }

    private struct State {
        var ready: [Ready] = []
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

    public func enqueue(_ job: consuming ExecutorJob) {
        enqueue(UnownedJob(job), of: nil)
    }

    func enqueue(_ job: UnownedJob, of process: SimulatedProcess?) {
        state.withLock { $0.ready.append(Ready(job: job, process: process)) }
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

    private enum Next {
        case job(Ready)
        case timer(@Sendable () -> Void)
    }

    /// Runs one job or timer; false when there is none up to the time given.
    private func step(notAfter limit: UInt64 = .max) -> Bool {
        let next: Next? = state.withLock { state in
            state.steps += 1
            if !state.ready.isEmpty {
                let index = Int(random.below(UInt64(state.ready.count)))
                state.ready.swapAt(index, state.ready.count - 1)
                return .job(state.ready.removeLast())
            }
            guard let timer = state.timers.take(notAfter: limit) else { return nil }
            state.uptime = max(state.uptime, timer.deadline)
            return .timer(timer.action)
        }
        switch next {
        case .job(let ready):
            guard let process = ready.process else {
                ready.job.runSynchronously(on: asUnownedTaskExecutor())
                break
            }
            // The jobs of a dead process are never heard of again.
            if process.survivesJob() {
                ready.job.runSynchronously(on: process.asUnownedTaskExecutor())
            }
        case .timer(let action): action()
        case nil: return false
        }
        return true
    }
}

/// Nothing can run any more, but the work has not ended: somebody waits for what never comes.
public struct Deadlock: Error {}

private final class Box<Success: Sendable>: Sendable {
    private let result = Mutex(Result<Success, any Error>?.none)

    func set(_ value: Result<Success, any Error>) { result.withLock { $0 = value } }

    func get() -> Result<Success, any Error>? { result.withLock { $0 } }
}
