import FoundationEssentials
import Lifecycle
import Storage
import Synchronization

/// Those who wait for another answer about an event. While nothing changes, nothing runs; after a
/// change the answer is made once for all of them.
final class AvailabilityWatchers: Sendable {
    typealias Make = @Sendable () async throws -> Board.Answer?

    /// An event that is watched.
    private struct Watched {
        let make: Make
        /// It will be looked at.
        var isPaced = false
        /// When those who watch were told last, or could have been.
        var lookedAt: UInt64
        /// For what changes by time alone.
        var until: Instant?
        var timer: ScheduledTimer?
    }

    private struct State {
        var watched: [UUID: Watched] = [:]
        /// One looks whether others have written, and this is the newest batch that was seen.
        var isLooking = false
        var batch: Int64 = 0
    }

    /// Those who watch are told so often at most, and a thousand of them take 50 ms.
    private static let leastMs: Int64 = 50
    private static let watchersPerMs = 20
    /// Events that are remembered though nobody watches them any more.
    private static let mostIdle = 256
    /// After a read that failed.
    private static let retryMs: Int64 = 1_000
    /// A clock that is set moves what was to come; so long it may take to be noticed.
    private static let longestMs: Int64 = 60_000

    private let world: World
    private let database: Database
    private let watches: Watches<Board.Answer>
    private let state = Mutex(State())

    init(world: World, database: Database) {
        self.world = world
        self.database = database
        watches = Watches(scheduler: world.scheduler)
    }

    func areAny(of event: UUID) -> Bool { watches.count(of: event) > 0 }

    /// - Parameter make: gives the answer of now.
    func watch(
        _ event: UUID, since stamp: Int64, make: @escaping Make
    ) -> Watch<Board.Answer> {
        let watch = watches.watch(event) { $0.stamp != stamp }
        let now = world.scheduler.uptimeNanoseconds
        state.withLock { remember(event, make, at: now, in: &$0) }
        return watch
    }

    /// Whether somebody who watches may be told now; else all of them are, in a moment.
    func mayTell(of event: UUID, make: @escaping Make) -> Bool {
        let now = world.scheduler.uptimeNanoseconds
        return state.withLock { state in
            guard let watched = state.watched[event] else {
                remember(event, make, at: now, in: &state)
                return true
            }
            guard Self.due(watched.lookedAt, watches.count(of: event)) <= now else { return false }
            state.watched[event]?.lookedAt = now
            return true
        }
    }

    /// Those that nobody watches any more, and who watched were told long enough ago, make room.
    private func remember(
        _ event: UUID, _ make: @escaping Make, at now: UInt64, in state: inout State
    ) {
        guard state.watched[event] == nil else { return }
        if state.watched.count >= Self.mostIdle {
            for (event, watched) in state.watched
            where !watched.isPaced && Self.due(watched.lookedAt, 0) <= now
                && watches.count(of: event) == 0
            {
                watched.timer?.cancel()
                state.watched[event] = nil
            }
        }
        state.watched[event] = Watched(make: make, lookedAt: now)
    }

    /// When those who watch may be told again.
    private static func due(_ lookedAt: UInt64, _ count: Int) -> UInt64 {
        let pauseMs = max(leastMs, Int64(count / watchersPerMs))
        let (due, overflow) = lookedAt.addingReportingOverflow(UInt64(pauseMs) * 1_000_000)
        return overflow ? 0 : due
    }

    /// A commit has touched these.
    func changed(_ events: [UUID]) { for event in events { pace(event) } }

    /// Has an event looked at when its answer changes by time alone, and while others may write,
    /// every so often.
    func look(at event: UUID, again until: Instant?) {
        let now = database.now
        state.withLock { state in
            guard let watched = state.watched[event] else { return }
            if watched.timer == nil || watched.until != until {
                watched.timer?.cancel()
                state.watched[event]?.until = until
                state.watched[event]?.timer = until.map { until in
                    world.scheduler.schedule(
                        afterMs: min(max(0, now.millisecondsUntil(until)), Self.longestMs)
                    ) { [weak self] in self?.timeIsOver(of: event) }
                }
            }
        }
        if database.isShared { lookAtOthers() }
    }

    private func timeIsOver(of event: UUID) {
        state.withLock { $0.watched[event]?.timer = nil }
        pace(event)
    }

    // MARK: Telling

    /// Has the event looked at: at once where it was quiet, else when its time has come.
    private func pace(_ event: UUID) {
        let now = world.scheduler.uptimeNanoseconds
        let waitMs = state.withLock { state -> Int64? in
            guard let watched = state.watched[event], !watched.isPaced else { return nil }
            let count = watches.count(of: event)
            guard count > 0 else { return nil }
            state.watched[event]?.isPaced = true
            let due = Self.due(watched.lookedAt, count)
            // To the millisecond after, so that it is due then.
            return due <= now ? 0 : Int64(clamping: (due - now) / 1_000_000) + 1
        }
        guard let waitMs else { return }
        _ = world.scheduler.schedule(afterMs: waitMs) { [weak self] in self?.look(at: event) }
    }

    private func look(at event: UUID) {
        let now = world.scheduler.uptimeNanoseconds
        let make = state.withLock { state -> Make? in
            state.watched[event]?.isPaced = false
            state.watched[event]?.lookedAt = now
            return state.watched[event]?.make
        }
        guard let make else { return }
        world.scheduler.spawn { [self] in
            do {
                guard let answer = try await make() else { return }
                watches.publish(answer, of: event)
                if areAny(of: event) { look(at: event, again: answer.until) }
            } catch {
                retry(event)
                world.log.warning("availability_unread", ["of": event, "error": "\(error)"])
            }
        }
    }

    /// Once for all that fail meanwhile.
    private func retry(_ event: UUID) {
        let isFirst = state.withLock { state in
            guard let watched = state.watched[event], !watched.isPaced else { return false }
            state.watched[event]?.isPaced = true
            return true
        }
        guard isFirst else { return }
        _ = world.scheduler.schedule(afterMs: Self.retryMs) { [weak self] in
            self?.look(at: event)
        }
    }

    // MARK: Others who write

    /// While somebody watches, one looks whether another process has committed.
    private func lookAtOthers() {
        let isFirst = state.withLock { state in
            defer { state.isLooking = true }
            return !state.isLooking
        }
        if isFirst { lookAtOthersSoon() }
    }

    private func lookAtOthersSoon() {
        _ = world.scheduler.schedule(afterMs: Self.leastMs) { [weak self] in
            guard let self else { return }
            world.scheduler.spawn { await self.lookAtBatch() }
        }
    }

    private func lookAtBatch() async {
        let watched = watches.watched
        guard !watched.isEmpty else { return state.withLock { $0.isLooking = false } }
        // What cannot be read now is looked at the next time.
        if let batch = try? await database.position().batch {
            let isNew = state.withLock { state in
                defer { state.batch = batch }
                return state.batch != batch
            }
            if isNew { for event in watched { pace(event) } }
        }
        lookAtOthersSoon()
    }
}
