internal import Lifecycle
import Synchronization

/// The way from a service's tasks to the database: over threads, or on the spot.
protocol Door: Sendable {
    /// Returns once the command's batch is committed; throws what it threw.
    func write(_ command: Command) async throws
    /// Runs the query, which gives what it threw.
    func read(_ query: @escaping @Sendable (Reader) -> (any Error)?) async throws
    /// Looks how far others have come, without waiting for it.
    func look()
    /// The same for a query that takes long.
    func survey(_ query: @escaping @Sendable (Reader) -> (any Error)?) async throws
    func close() async
}

/// What a door is made from, and what it tells.
struct DoorSettings: Sendable {
    let engine: any Engine
    let migrations: [Migration]
    let volume: (any Volume)?
    let world: World
    let onFatal: @Sendable (StorageError) -> Void
    let progress: Progress
    let clock: GuardedClock
    let changes = Changes()

    init(
        engine: any Engine, migrations: [Migration], volume: (any Volume)?, world: World,
        onFatal: @escaping @Sendable (StorageError) -> Void, progress: Progress
    ) {
        self.engine = engine
        self.migrations = migrations
        self.volume = volume
        self.world = world
        self.onFatal = onFatal
        self.progress = progress
        clock = GuardedClock(world: world)
    }

    /// Opens the writing connection: schema, ownership, clock.
    func openRunner() throws -> (runner: BatchRunner, watch: StoreWatch) {
        let connection = try engine.connect(.writing)
        do {
            try Migrator(connection: connection, dialect: engine.dialect)
                .migrate(migrations, now: world.now)
            try StoreMove.check(connection)
            let (writer, time) = try writer(connection)
            clock.begin(time)
            let watch = StoreWatch(
                clock: clock, progress: progress, changes: changes, engine.dialect)
            let marks = try connection.query("SELECT id FROM restored") { try $0.next(Int64.self) }
            progress.begin(writer, isRestored: !marks.isEmpty)
            let runner = BatchRunner(
                engine: engine, connection: connection, writer: writer, watch: watch,
                disk: volume.map { DiskSpace($0) }, world: world, onFatal: onFatal)
            // A time that must be set is set before anybody asks for it.
            if case .set = clock.turn().wish { runner.run([]) }
            return (runner, watch)
        } catch {
            connection.close()
            throw error
        }
    }

    private func writer(
        _ connection: any Connection
    ) throws -> (any Writer, StoreTime) {
        guard engine.dialect.isShared else {
            return try WriterRow.take(connection, world: world)
        }
        return try SharedWriterRow.join(connection, engine.dialect, world: world)
    }
}

/// One thread that writes, one that reads and one for what is long to read, each with a connection
/// of its own.
final class ThreadedDoor: Door {
    private let commands: CommandQueue
    private let bell: Doorbell
    private let queries: ReadQueue
    private let surveys: ReadQueue
    private let ended = [Latch(), Latch(), Latch()]

    init(_ settings: DoorSettings) async throws {
        let (scheduler, bell) = (settings.world.scheduler, try Doorbell())
        self.bell = bell
        // After the jobs that are ready: what they hand in as well goes into the same batch.
        commands = CommandQueue { scheduler.afterJobs { bell.ring() } }
        queries = try ReadQueue()
        surveys = try ReadQueue()
        do {
            let watch = try await startWriter(settings)
            try await startReader("db-read", queries, ended[1], settings, watch)
            try await startReader("db-survey", surveys, ended[2], settings, watch)
        } catch {
            closeQueues()
            throw error
        }
    }

    deinit { closeQueues() }

    private func closeQueues() {
        commands.close()
        bell.ring()
        queries.close()
        surveys.close()
    }

    func write(_ command: Command) async throws { try await command.wait(in: commands) }

    func read(_ query: @escaping @Sendable (Reader) -> (any Error)?) async throws {
        try await queries.read(query)
    }

    func look() { queries.look() }

    func survey(_ query: @escaping @Sendable (Reader) -> (any Error)?) async throws {
        try await surveys.read(query)
    }

    func close() async {
        queries.close()
        surveys.close()
        await ended[1].wait()
        await ended[2].wait()
        commands.close()
        bell.ring()
        await ended[0].wait()
    }

    private func startWriter(_ settings: DoorSettings) async throws -> StoreWatch {
        let (commands, bell, ended) = (commands, bell, ended[0])
        return try await withCheckedThrowingContinuation { opened in
            do {
                try WorkerThread.start("db-write") {
                    defer { ended.open() }
                    do {
                        let (runner, watch) = try settings.openRunner()
                        opened.resume(returning: watch)
                        Self.work(runner, commands, bell, settings.progress)
                    } catch {
                        settings.engine.release()
                        opened.resume(throwing: error)
                    }
                }
            } catch {
                ended.open()
                opened.resume(throwing: error)
            }
        }
    }

    /// A batch is what waits when it begins. What comes meanwhile waits for the next, so that one
    /// half of the callers is answered and asks again while the other half is written.
    private static func work(
        _ runner: BatchRunner, _ commands: CommandQueue, _ bell: Doorbell, _ progress: Progress
    ) {
        runner.isClosing = { commands.isClosed }
        while let batch = commands.take() {
            guard !batch.isEmpty else {
                bell.wait()
                continue
            }
            runner.run(batch)
            runner.maintain()
            progress.count(runner.counters)
        }
        runner.close()
    }

    private func startReader(
        _ name: String, _ queries: ReadQueue, _ ended: Latch, _ settings: DoorSettings,
        _ watch: StoreWatch
    ) async throws {
        try await withCheckedThrowingContinuation {
            (opened: CheckedContinuation<Void, any Error>) in
            do {
                try WorkerThread.start(name) {
                    defer { ended.open() }
                    do {
                        let connection = try settings.engine.connect(.reading)
                        opened.resume()
                        queries.work(on: connection, watch)
                        connection.close()
                    } catch { opened.resume(throwing: error) }
                }
            } catch {
                ended.open()
                opened.resume(throwing: error)
            }
        }
    }
}

/// Everything on the world's scheduler, a batch or a query at a time: for a simulation, whose
/// history must not depend on threads.
final class ScheduledDoor: Door {
    private let commands = CommandQueue(wake: {})
    private let runner: Mutex<BatchRunner?>
    private let progress: Progress
    private let scheduler: any Scheduler
    private let isAwake = Atomic(false)

    init(_ settings: DoorSettings) throws {
        let opened = try settings.openRunner().runner
        progress = settings.progress
        progress.count(opened.counters)
        scheduler = settings.world.scheduler
        runner = Mutex(opened)
    }

    func write(_ command: Command) async throws {
        if !isAwake.exchange(true, ordering: .relaxed) { takeTurn() }
        try await command.wait(in: commands)
    }

    func read(_ query: @escaping @Sendable (Reader) -> (any Error)?) async throws {
        try await withUnsafeThrowingContinuation {
            (continuation: UnsafeContinuation<Void, any Error>) in
            _ = scheduler.schedule(afterMs: 0) { [self] in
                continuation.resume(with: Result { try readNow(query) })
            }
        }
    }

    func look() { try? readNow { _ in nil } }

    func survey(_ query: @escaping @Sendable (Reader) -> (any Error)?) async throws {
        try await read(query)
    }

    func close() async {
        commands.close()
        while work() {}
        runner.withLock { runner in
            runner?.close()
            runner = nil
        }
    }

    private func readNow(_ query: @Sendable (Reader) -> (any Error)?) throws {
        let error = try runner.withLock { runner in
            guard let runner else { throw StorageError(.closed, "the database is closed") }
            defer { progress.count(runner.counters) }
            return try runner.read(query)
        }
        if let error { throw error }
    }

    /// After the jobs that are ready: what they hand in as well goes into the same batch.
    private func takeTurn() {
        _ = scheduler.schedule(afterMs: 0) { [self] in
            if work() { takeTurn() } else { isAwake.store(false, ordering: .relaxed) }
        }
    }

    /// One batch; false when there was nothing to do.
    private func work() -> Bool {
        runner.withLock { runner in
            guard let runner, let batch = commands.take(), !batch.isEmpty else { return false }
            runner.run(batch)
            runner.maintain()
            progress.count(runner.counters)
            return true
        }
    }
}
