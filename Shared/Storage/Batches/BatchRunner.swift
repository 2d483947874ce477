internal import FoundationEssentials
internal import Lifecycle

/// Runs commands in batches on the one connection that writes. Owned by one thread, or by the lock
/// of a scheduled door.
///
/// The first statement of every transaction updates the one writer row: it gives lock order, the
/// number of the batch, the shared time and the epoch of the owner, and it tells whether a commit
/// whose answer was lost did happen.
final class BatchRunner {
    private let engine: any Engine
    private let world: World
    private let watch: StoreWatch
    private let onFatal: @Sendable (StorageError) -> Void
    private let connection: any Connection
    private var caches: RowCaches
    private var outbox: Outbox
    private var disk: DiskSpace?
    private var writer: any Writer
    /// What the batch that runs sets the store's time to.
    private var newTime: (before: Instant, now: Instant)?
    /// Transactions in a row that came to nothing through no fault of their commands.
    private var failedInARow = 0
    private static let failuresTolerated = 3
    /// Nothing was done, or nobody can say yet: asked again.
    private static let passing: Set<StorageError.Code> = [
        .unknownCommit, .connectionLost, .conflict, .busy, .storageFull,
    ]
    /// True once the database is being closed, when nobody waits for an answer any more.
    var isClosing: () -> Bool = { false }
    /// Set when the process must stop; no command is let in any more.
    private var fatal: StorageError?

    init(
        engine: any Engine, connection: any Connection, writer: any Writer, watch: StoreWatch,
        disk: DiskSpace?, world: World, onFatal: @escaping @Sendable (StorageError) -> Void
    ) {
        self.engine = engine
        self.connection = connection
        self.writer = writer
        self.watch = watch
        self.disk = disk
        self.world = world
        self.onFatal = onFatal
        caches = RowCaches(connection)
        outbox = Outbox(connection)
    }

    var counters: EngineCounters { connection.counters }

    /// Runs the commands in one transaction and delivers every outcome after the commit. When the
    /// transaction fails as a whole, each command runs again in one of its own, so that only the
    /// guilty fails.
    func run(_ commands: [Command]) {
        if let fatal { return commands.forEach { $0.fail(fatal) } }
        do {
            let batch = try begin()
            for command in commands where admit(command) { try run(command, in: batch) }
            try end(batch)
            watch.changes.publish(batch.touched)
            // All at once: who is woken for each would do each one's work and sleep again.
            world.scheduler.gather {
                watch.progress.advance(to: writer.feed)
                for command in commands { command.deliver() }
            }
        } catch {
            connection.rollback()
            caches.forget()
            let error = Self.storageError(error)
            if writer.rolledBack(by: error) { return run(commands) }
            recover(from: error, commands: commands)
        }
    }

    func read<Value>(_ query: (Reader) throws -> Value) throws -> Value {
        try Reader.read(connection, watch, query)
    }

    /// Work that no answer waits for.
    func maintain() { connection.maintain() }

    func close() {
        // Statements go before their connection, which would else stay open for them.
        caches = RowCaches(connection)
        outbox = Outbox(connection)
        connection.close()
        engine.release()
    }

    // MARK: One transaction

    private func begin() throws -> Batch {
        let turn = watch.clock.turn()
        newTime = nil
        try connection.begin()
        var claim = try writer.claim(connection, now: turn.now)
        // What earlier batches left in memory is what is stored as long as nobody else writes.
        if !claim.followsOwn { caches.forget() }
        if claim.isSet { watch.clock.set(from: turn.now, to: claim.now, epoch: writer.epoch) }
        if let wish = turn.wish { claim = try fulfil(wish, claim) }
        if !claim.followsOwn {
            watch.see(epoch: writer.epoch, feed: writer.feed, now: claim.now)
        }
        return Batch(connection, caches, now: claim.now, factsAt: max(claim.now, writer.floor))
    }

    /// Sets the store's time with this batch, or notes that it is right.
    private func fulfil(_ wish: ClockState.Wish, _ claim: Claim) throws -> Claim {
        guard case .set(let wall, let isOrdered) = wish else {
            try StoreTime.note(connection, claim.now)
            return claim
        }
        let aheadMs = claim.now.millisecondsUntil(wall)
        if !isOrdered {
            guard aheadMs.magnitude > UInt64(ClockState.toleratedMs),
                try writer.agrees(connection, aheadMs: aheadMs, now: claim.now)
            else { return claim }
        }
        try writer.setClock(connection, from: claim.now, to: wall)
        newTime = (claim.now, wall)
        return Claim(followsOwn: claim.followsOwn, now: wall)
    }

    private func run(_ command: Command, in batch: Batch) throws {
        let succeeded = command.attempt(batch)
        if let failure = batch.failure { throw failure }
        try succeeded ? batch.keepCommand() : batch.undoCommand()
    }

    private func end(_ batch: Batch) throws {
        try batch.flush()
        let feed = try outbox.write(batch.facts, after: writer.feed)
        try writer.finish(connection, feed: feed)
        do { try connection.commit() } catch let error as StorageError
            where error.code == .unknownCommit
        {
            guard try settle() else { throw error }
        }
        failedInARow = 0
        caches.keepBatch()
        let epoch = writer.epoch
        writer.committed(feed: feed)
        // Whoever reads knows it before anything is answered.
        if writer.epoch != epoch { watch.progress.see(epoch: writer.epoch) }
        if let newTime {
            watch.clock.set(from: newTime.before, to: newTime.now, epoch: writer.epoch)
        }
    }

    /// After a commit whose answer was lost: true when it did happen. A server that is away, or
    /// says that it cannot now, is asked for as long as it takes; callers have their deadlines.
    private func settle() throws -> Bool {
        while true {
            do { return try writer.isStored(connection) } catch {
                connection.rollback()
                let error = Self.storageError(error)
                guard Self.passing.contains(error.code), !isClosing() else {
                    throw StorageError(.inputOutput, "a commit's outcome stays unknown: \(error)")
                }
                world.log.warning("commit_unsettled", ["cause": error.description])
                connection.rest(ms: 500)
            }
        }
    }

    // MARK: Trouble

    /// False, and answered, when the disk is short and the command can wait for better days.
    private func admit(_ command: Command) -> Bool {
        guard command.begin() else { return false }
        disk?.refresh(uptime: world.scheduler.uptimeNanoseconds)
        guard disk?.isShort == true, !command.isEssential else { return true }
        command.fail(StorageError(.storageFull, "less than 64 MiB are free on the disk"))
        return false
    }

    private func recover(from error: StorageError, commands: [Command]) {
        switch error.code {
        case .inputOutput, .fenced:
            fatal = error
            for command in commands { command.fail(error) }
            world.log.error("storage_fatal", ["cause": error.description])
            world.log.flush()
            return onFatal(error)
        case .storageFull:
            world.log.error("storage_full", ["cause": error.description])
            disk?.drop()
        default: world.log.warning("batch_failed", ["cause": error.description])
        }
        world.metrics.count("storage.failed_batches")
        if [.unknownCommit, .connectionLost, .conflict].contains(error.code) {
            failedInARow += 1
            if failedInARow <= Self.failuresTolerated { return run(commands) }
            let busy = StorageError(
                .busy, "\(failedInARow) transactions came to nothing, the last: \(error)")
            return commands.forEach { $0.fail(busy) }
        }
        guard commands.count > 1 else { return commands.forEach { $0.fail(error) } }
        for command in commands { run([command]) }
    }

    private static func storageError(_ error: any Error) -> StorageError {
        error as? StorageError ?? StorageError(.statement, "\(error)")
    }
}
