public import FoundationEssentials
internal import Lifecycle
import Synchronization

/// Tells those who wait for a saga what each of its commits made of it.
public final class SagaProgress<Subject: SagaSubject>: Sendable {
    private let scheduler: any Scheduler
    private let watches = Mutex<[UUID: [SagaWatch<Subject>]]>([:])

    init(scheduler: any Scheduler) { self.scheduler = scheduler }

    /// Watches from now on for a commit that makes `isMet` true. Begin the watch, then look at the
    /// row, then wait: so no commit is missed between the look and the wait.
    public func watch(
        _ id: UUID, until isMet: @escaping @Sendable (Subject) -> Bool
    ) -> SagaWatch<Subject> {
        let watch = SagaWatch(id: id, isMet: isMet, progress: self, scheduler: scheduler)
        watches.withLock { $0[id, default: []].append(watch) }
        return watch
    }

    /// What somebody waits for.
    var watched: [UUID] { watches.withLock { $0.keys.sorted() } }

    func publish(_ subject: Subject) {
        let met = watches.withLock { watches in
            watches[subject.id]?.filter { $0.isMet(subject) } ?? []
        }
        for watch in met { watch.end(subject) }
    }

    fileprivate func remove(_ watch: SagaWatch<Subject>) {
        watches.withLock { watches in
            watches[watch.id]?.removeAll { $0 === watch }
            if watches[watch.id]?.isEmpty == true { watches[watch.id] = nil }
        }
    }
}

/// One who waits. It ends once: by a commit, by its time, or because its task was cancelled.
public final class SagaWatch<Subject: SagaSubject>: Sendable {
    private enum State {
        case idle
        case waiting(CheckedContinuation<Subject?, Never>, ScheduledTimer?)
        case ended(Subject?)
    }

    let id: UUID
    let isMet: @Sendable (Subject) -> Bool
    private let progress: SagaProgress<Subject>
    private let scheduler: any Scheduler
    private let state = Mutex(State.idle)

    fileprivate init(
        id: UUID, isMet: @escaping @Sendable (Subject) -> Bool, progress: SagaProgress<Subject>,
        scheduler: any Scheduler
    ) {
        self.id = id
        self.isMet = isMet
        self.progress = progress
        self.scheduler = scheduler
    }

    /// The subject as the commit made it, or nil when `ms` have passed before.
    public func value(withinMs ms: Int64) async -> Subject? {
        let timer = scheduler.schedule(afterMs: ms) { self.end(nil) }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let ended: State? = state.withLock { state in
                    if case .ended = state { return state }
                    state = .waiting(continuation, timer)
                    return nil
                }
                guard case .ended(let subject) = ended else { return }
                timer.cancel()
                continuation.resume(returning: subject)
            }
        } onCancel: {
            end(nil)
        }
    }

    public func cancel() { end(nil) }

    fileprivate func end(_ subject: Subject?) {
        let before: State = state.withLock { state in
            let before = state
            if case .ended = before { return before }
            state = .ended(subject)
            return before
        }
        if case .ended = before { return }
        progress.remove(self)
        guard case .waiting(let continuation, let timer) = before else { return }
        timer?.cancel()
        continuation.resume(returning: subject)
    }
}
