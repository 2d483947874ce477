internal import FoundationEssentials
internal import Lifecycle
import Synchronization

// What a runner finds by itself: what other processes left, and what is due. Rows are read one by
// one, and sagas at one step keep no places from those at another.
extension SagaRunner {
    private static var scanEveryMs: Int64 { 1_000 }
    private static var page: Int { 200 }
    /// Pages that one scan reads of the sagas that are due; the next scan reads on.
    private static var mostPages: Int { 50 }
    /// Sagas found at one step that are driven at once, so that a restart does not flood its peers,
    /// and no slow one of them holds up what waits for another.
    private static var mostAtAStep: Int { 200 }

    /// Takes over what another process left, and looks each second for what is due.
    public func run() async throws {
        let takingOver = world.scheduler.spawn { await self.takeOver() }
        var last: SagaDue?
        repeat {
            do { last = try await scan(after: last) } catch {
                world.log.warning("saga_scan_failed", ["error": "\(error)"])
            }
        } while (try? await world.scheduler.sleep(ms: Self.scanEveryMs)) != nil
        takingOver.cancel()
        stop()
    }

    /// A peer can be reached again: what waits only for that goes on now, and not when its pause
    /// has passed.
    public func hurry(to peer: String) {
        let cut = state.withLock { state in
            state.resting.compactMap { id, rest in
                rest.cut.flatMap { asks($0, peer) ? (id: id, step: $0.step) : nil }
            }
        }.sorted { $0.id < $1.id }
        guard !cut.isEmpty else { return }
        world.log.info("saga_hurried", ["sagas": cut.count])
        world.scheduler.spawn { [self] in
            for (id, step) in cut {
                try await awaitRoom(at: step)
                guard enter(id, foundAt: step) else { continue }
                world.scheduler.spawn { await self.drive(id, nil) }
            }
        }
    }

    func takeOver() async {
        var last: UUID?
        while !isStopped {
            do {
                let ids = try await journal.unfinished(after: last, limit: Self.page)
                var isFresh = true
                for row in try await journal.find(ids.filter(mayBegin)) {
                    guard let subject = await readable(row), let step = subject.position?.step
                    else {
                        isFresh = false
                        continue
                    }
                    if !hasRoom(at: step) {
                        isFresh = false
                        try await awaitRoom(at: step)
                    }
                    begin(subject, step, isFresh: isFresh)
                }
                guard let end = ids.last, ids.count == Self.page else { return }
                last = end
            } catch is CancellationError {
                return
            } catch {
                world.log.warning("saga_takeover_failed", ["error": "\(error)"])
                guard (try? await world.scheduler.sleep(ms: Self.scanEveryMs)) != nil else {
                    return
                }
            }
        }
    }

    /// Begins what is due and has a place; gives where the next scan goes on.
    private func scan(after start: SagaDue?) async throws -> SagaDue? {
        var last = start
        for _ in 0..<Self.mostPages {
            let due = try await journal.due(after: last, limit: Self.page)
            try await begin(due.map(\.id))
            guard due.count == Self.page else { return nil }
            last = due.last
        }
        return last
    }

    /// Those that have a place at their step.
    private func begin(_ ids: [UUID]) async throws {
        var isFresh = true
        for row in try await journal.find(ids.filter(mayBegin)) {
            guard let subject = await readable(row), let step = subject.position?.step else {
                isFresh = false
                continue
            }
            if hasRoom(at: step) { begin(subject, step, isFresh: isFresh) }
        }
    }

    /// Nil for a row that can't be read, which is set aside.
    private func readable(_ row: FoundSaga<Subject>) async -> Subject? {
        switch row.subject {
        case .success(let subject): return subject
        case .failure(let error):
            await giveUp(row.id, error)
            return nil
        }
    }

    /// - Parameter isFresh: whether nothing was waited for since the row was read; else it is read
    ///   again, because somebody may have moved it on. A row that is nobody's is read again in any
    ///   case: its task claims it first.
    private func begin(_ subject: Subject, _ step: String, isFresh: Bool) {
        guard subject.driver == 0 || isMine(subject), enter(subject.id, foundAt: step) else {
            return
        }
        let copy = isFresh && isMine(subject) ? SagaCopy(subject) : nil
        world.scheduler.spawn { [id = subject.id] in await self.drive(id, copy) }
    }

    /// A task that runs goes on by itself.
    private func mayBegin(_ id: UUID) -> Bool {
        !failing.isSetAside(id) && state.withLock { $0.running[id] == nil }
    }

    private func hasRoom(at step: String) -> Bool {
        state.withLock { $0.found[step] ?? 0 } < Self.mostAtAStep
    }

    private func awaitRoom(at step: String) async throws {
        while !hasRoom(at: step) { try await world.scheduler.sleep(ms: 20) }
    }
}
