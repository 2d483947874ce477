public import FoundationEssentials
internal import Glibc
public import Lifecycle

/// The door to one service's database.
///
/// `write` queues a command; the one thread that writes takes all that wait, runs them in one
/// transaction with one sync of the disk, and only then answers them (group commit). `read` runs
/// a query on another thread, over one state of the database. Both closures are synchronous, so
/// that nothing waits while a transaction is open.
///
///     let left = try await database.write { batch in
///         guard var pool = try batch.find(PoolRow.self, poolID) else { throw NoSuchPool() }
///         try pool.take(2)                    // decide first …
///         try batch.update(pool)              // … then write
///         return pool.left
///     }
///
/// Values are bound, never text (`SQL`); rows are structs (`StoredRow`); facts for other services
/// are emitted into the same transaction (`Batch.emit`) and read through `feed`. A process that
/// dies at any point loses nothing that was answered.
public final class Database: Sendable {
    /// Where the work of the database runs.
    public enum Mode: Sendable {
        /// On threads of its own.
        case thread
        /// On the world's scheduler: for a simulation.
        case scheduled
    }

    private let door: any Door
    let progress: Progress
    private let world: World
    private let clock: GuardedClock
    private let changes: Changes
    /// Whether other processes may have it open as well.
    public let isShared: Bool
    private static let looksMs: ClosedRange<Int64> = 20...640

    /// Opens the database, checks it, brings its schema up to date and takes it over.
    ///
    /// `onFatal` is called when the disk has failed or a newer owner has taken over: the process
    /// must not go on, because what it knows may no longer be what is stored. `volume` is where the
    /// files lie; a file on this machine says that itself.
    public static func open(
        _ location: DatabaseLocation, migrations: [Migration], world: World, mode: Mode = .thread,
        volume: (any Volume)? = nil,
        onFatal: @escaping @Sendable (StorageError) -> Void = Database.stopProcess
    ) async throws -> Database {
        let engine = try location.engine(world.log)
        do {
            return try await Database(
                DoorSettings(
                    engine: engine, migrations: migrations, volume: volume ?? location.volume,
                    world: world, onFatal: onFatal, progress: Progress(feedID: world.newID())),
                mode: location == .memory ? .scheduled : mode)
        } catch {
            engine.release()
            throw error
        }
    }

    init(_ settings: DoorSettings, mode: Mode) async throws {
        progress = settings.progress
        world = settings.world
        clock = settings.clock
        changes = settings.changes
        isShared = settings.engine.dialect.isShared
        switch mode {
        case .thread: door = try await ThreadedDoor(settings)
        case .scheduled: door = try ScheduledDoor(settings)
        }
    }

    /// Runs the command in the next batch and gives its outcome once that is committed.
    ///
    /// Throws what the command threw, with nothing of it kept, or a `StorageError`. An `essential`
    /// command, one that gives money or stock back or finishes what was paid, passes while the
    /// disk is nearly full.
    @discardableResult
    public func write<Value: Sendable>(
        _ lane: Lane = .normal, essential: Bool = false,
        _ command: @escaping @Sendable (Batch) throws -> Value
    ) async throws -> Value {
        assert(!ReadOnly.isHere, "a method that says it reads has written")
        let outcome = Outcome<Value>()
        let body: Command.Body = { batch in outcome.keep { try command(batch) } }
        try await door.write(Command(lane, isEssential: essential, body))
        return try outcome.take()
    }

    /// Runs the query over one state of the database, which holds everything answered before.
    public func read<Value: Sendable>(
        _ query: @escaping @Sendable (Reader) throws -> Value
    ) async throws -> Value {
        let outcome = Outcome<Value>()
        try await door.read { reader in outcome.keep { try query(reader) } }
        return try outcome.take()
    }

    /// Runs a query that looks through much of the database, on a thread of its own, so that none
    /// of those that look at little has to wait for it.
    public func survey<Value: Sendable>(
        _ query: @escaping @Sendable (Reader) throws -> Value
    ) async throws -> Value {
        let outcome = Outcome<Value>()
        try await door.survey { reader in outcome.keep { try query(reader) } }
        return try outcome.take()
    }

    /// Has `listener` told of every subject that a batch of this process touches, after its commit
    /// and before anybody is answered. It is called where the batch ran and must not wait.
    public func onChange(_ listener: @escaping @Sendable (_ subjects: [UUID]) -> Void) {
        changes.listen(listener)
    }

    /// The time by which the store decides: not the wall clock's, which may be wrong.
    public var now: Instant { clock.now() }

    /// Whether it is another than before says that the time was set, back or forth.
    var clockSets: Int { clock.sets }

    /// Has the store go by the wall clock at once, however far away that is; gives the times before
    /// and after.
    public func setClock() async throws -> (before: Instant, after: Instant) {
        let before = now
        clock.order()
        do { return (before, try await write(.saga, essential: true) { $0.now }) } catch {
            clock.order(false)
            throw error
        }
    }

    public var feed: Feed { Feed(database: self, progress: progress, scheduler: world.scheduler) }

    /// Nobody rings when another instance commits: as long as somebody waits for the feed, one
    /// looks at it every so often.
    func lookAtFeed() {
        guard isShared, progress.beginLooking() else { return }
        look(afterMs: Self.looksMs.lowerBound, head: progress.head)
    }

    /// Seldom where nothing happens.
    private func look(afterMs pause: Int64, head: Int64) {
        _ = world.scheduler.schedule(afterMs: pause) { [weak self] in
            guard let self, progress.goOnLooking() else { return }
            door.look()
            let now = progress.head
            let next = now > head ? 0 : pause * 2
            look(
                afterMs: min(max(next, Self.looksMs.lowerBound), Self.looksMs.upperBound),
                head: now)
        }
    }

    /// What the writing connection has done so far, up to the last batch.
    public var statistics: Statistics { Statistics(progress.counters) }

    /// Throws when the database cannot be read.
    public func check() async throws {
        _ = try await read { try $0.query("SELECT 1") { try $0.next(Int64.self) } }
    }

    /// Finishes what waits, then closes. Later calls throw `closed`.
    public func close() async { await door.close() }

    /// Ends the process at once, as if it had been killed: what is committed is safe.
    public static let stopProcess: @Sendable (StorageError) -> Void = { _ in _exit(EXIT_FAILURE) }
}

/// Counts of the writing connection; noise cannot touch them, so the bench reports them.
public struct Statistics: Sendable {
    public let statements: Int64
    public let commits: Int64
    public let rollbacks: Int64
    /// Waits for the disk: one a commit, two a checkpoint.
    public let syncs: Int64
    public let checkpoints: Int64
    /// Waits for an answer over the network.
    public let roundTrips: Int64

    init(_ counters: EngineCounters) {
        statements = counters.statements
        commits = counters.commits
        rollbacks = counters.rollbacks
        syncs = counters.syncs
        checkpoints = counters.checkpoints
        roundTrips = counters.roundTrips
    }
}
