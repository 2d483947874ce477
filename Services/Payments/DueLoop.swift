import Lifecycle
import Storage
import Synchronization

/// The loop of a job that works off what is due. Each lane has places of its own, which are filled
/// again as they are left: neither a slow provider nor a slow row keeps anybody else waiting. A row
/// that could not be dealt with is set aside for a while, and one that is still due when it was
/// dealt with counts as such. A bell shortens the loop's pauses.
struct DueLoop<ID: Hashable & Sendable>: Sendable {
    /// A row by its place among those that are due.
    struct Due: Sendable {
        let id: ID
        let at: Instant
    }

    /// Reads the rows of a lane that are due, the longest first, behind `last`.
    typealias Read = @Sendable (_ lane: Lane, _ last: Due?, _ limit: Int) async throws -> [Due]

    private let world: World
    private let lanes: [LaneQueue]
    private let bell: Bell
    private let failing: FailingRows<ID>

    /// - Parameter kind: what the rows are, for log and counters.
    init(_ kind: String, in lanes: [Lane], _ world: World, wokenBy bell: Bell = Bell()) {
        self.world = world
        self.bell = bell
        let failing = FailingRows<ID>(kind, world: world)
        self.failing = failing
        self.lanes = lanes.map { LaneQueue($0, failing) }
    }

    /// Between two looks at what is due, in milliseconds, and between two at the same lane.
    private static var pauseMs: Int64 { 500 }
    private static var leastMs: Int64 { 1 }
    /// Between two looks for rows of providers that are not here: they are looked for among all.
    private static var othersMs: Int64 { 10_000 }

    /// - Parameters:
    ///   - prepare: comes before each look at what is due.
    ///   - look: deals with a row; what it throws sets the row aside.
    func run(
        prepare: () async throws -> Void = {}, due: Read,
        look: @escaping @Sendable (ID) async throws -> Void
    ) async {
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled {
                do { try await prepare() } catch { unread(error) }
                var isEarly = false
                for lane in lanes {
                    let now = world.scheduler.uptimeNanoseconds
                    if lane.rests(now) { continue }
                    guard lane.mayBeRead(now) else {
                        isEarly = true
                        continue
                    }
                    do { try await lane.read(now, due) } catch { unread(error) }
                    while let row = lane.next() {
                        group.addTask(executorPreference: world.scheduler) {
                            await self.look(at: row, of: lane, look)
                        }
                    }
                }
                let pauseMs = isEarly ? Self.leastMs : Self.pauseMs
                guard (try? await bell.wait(ms: pauseMs, on: world.scheduler)) != nil else {
                    return
                }
            }
        }
    }

    private func look(
        at row: Due, of lane: LaneQueue, _ look: @Sendable (ID) async throws -> Void
    ) async {
        var isDone = true
        do { try await look(row.id) } catch {
            isDone = false
            // A task that ends says nothing about the row.
            if !Task.isCancelled { failing.failed(row.id, error) }
        }
        if lane.leave(row, isDone: isDone) { bell.ring() }
    }

    /// It is looked again in a while, and whoever reads the log knows why nothing moves.
    private func unread(_ error: any Error) {
        world.log.warning("due.unread", ["error": "\(error)"])
    }

    /// What is known of a lane. Only the loop reads and hands out; places are left by its tasks.
    private final class LaneQueue: Sendable {
        private static var places: Int { 16 }
        private static var page: Int { 64 }
        /// Of a long list of rows that are set aside, the rest is read the next time.
        private static var mostPages: Int { 100 }
        /// Rows of which is remembered when they were due.
        private static var mostDone: Int { 1_000 }

        private struct Done {
            /// When the row had been due.
            let at: Instant
            /// How often the lane was read before then: these reads may bring the row as it was.
            let reads: Int64
        }

        private struct State {
            var waiting: [Due] = []
            var busy: Set<ID> = []
            /// Rows that were dealt with.
            var done: [ID: Done] = [:]
            /// How often it was read, the one that goes on included.
            var reads: Int64 = 0
            /// There is more than was read.
            var isMore = false
            var readAt: UInt64 = 0
            var last: Due?
        }

        private let lane: Lane
        private let failing: FailingRows<ID>
        private let state = Mutex(State())

        init(_ lane: Lane, _ failing: FailingRows<ID>) {
            self.lane = lane
            self.failing = failing
        }

        /// Whether a lane that costs more to read was read not long ago.
        func rests(_ now: UInt64) -> Bool {
            guard case .others = lane else { return false }
            return state.withLock { state in
                !state.isMore && state.waiting.isEmpty && state.reads > 0
                    && now < state.readAt &+ UInt64(othersMs) * 1_000_000
            }
        }

        /// False so soon after it was read that nothing new is expected.
        func mayBeRead(_ now: UInt64) -> Bool {
            state.withLock { state in
                state.isMore || !state.waiting.isEmpty || state.busy.count >= Self.places
                    || now >= state.readAt &+ UInt64(leastMs) * 1_000_000
            }
        }

        /// Fills what waits, if nothing does and somebody could be served.
        func read(_ now: UInt64, _ due: Read) async throws {
            let (isWanted, start) = state.withLock { state in
                (state.waiting.isEmpty && state.busy.count < Self.places, state.last)
            }
            guard isWanted else { return }
            var last = start
            for _ in 0..<Self.mostPages {
                state.withLock { $0.reads += 1 }
                let page = try await due(lane, last, Self.page)
                last = page.last ?? last
                let isMore = page.count == Self.page
                let isEnough = state.withLock { state in
                    state.waiting += page.filter { mayLook($0, &state) }
                    state.readAt = now
                    state.isMore = isMore
                    state.last = nil
                    return !isMore || state.waiting.count >= Self.places
                }
                if isEnough { return }
            }
            state.withLock { $0.last = last }
        }

        private func mayLook(_ row: Due, _ state: inout State) -> Bool {
            guard !state.busy.contains(row.id), !failing.isSetAside(row.id) else { return false }
            guard let done = state.done[row.id] else { return true }
            guard done.reads < state.reads else { return false }
            state.done[row.id] = nil
            guard done.at == row.at else {
                failing.succeeded(row.id)
                return true
            }
            failing.failed(row.id, StillDue())
            return false
        }

        func next() -> Due? {
            state.withLock { state in
                guard !state.waiting.isEmpty, state.busy.count < Self.places else { return nil }
                let row = state.waiting.removeFirst()
                state.busy.insert(row.id)
                return row
            }
        }

        /// True when its place can be filled at once.
        func leave(_ row: Due, isDone: Bool) -> Bool {
            state.withLock { state in
                state.busy.remove(row.id)
                if state.done.count >= Self.mostDone { state.done.removeAll() }
                if isDone { state.done[row.id] = Done(at: row.at, reads: state.reads) }
                return state.isMore || !state.waiting.isEmpty
            }
        }
    }
}

/// Rows that keep nobody else waiting: those of one provider, those of providers that this process
/// does not have, or all.
enum Lane: Sendable {
    case of(String)
    case others([String])
    case all

    /// One for each provider, and one for the rest.
    static func each(_ providers: some Sequence<String>) -> [Lane] {
        let names = providers.sorted()
        return names.map { .of($0) } + [.others(names)]
    }

    /// Of the column `provider`.
    var condition: SQL {
        switch self {
        case .of(let name): "provider = \(name)"
        case .others(let names): "provider NOT IN \(each: names)"
        case .all: "1 = 1"
        }
    }
}

/// Why a row is set aside that was dealt with.
struct StillDue: Error, CustomStringConvertible {
    var description: String { "it was dealt with, and is still due" }
}
