internal import FoundationEssentials

/// The rows of one table: loaded once, decided upon many times, written once a batch.
///
/// Rows outlive the batch that touched them, because this process alone writes: a purchase finds
/// its row in memory at every step, and a hot pool is loaded once. They are kept in two
/// generations, so that what is used stays and memory is bounded.
final class RowCache<Row: StoredRow> {
    private enum State {
        /// As stored; a nil row is known not to exist.
        case clean
        case inserted, updated, deleted
    }

    /// A row as a batch knows it. An object, so that keeping, replacing and writing it moves one
    /// word; a change makes another.
    private final class Entry {
        let row: Row?
        var state: State
        /// Whether a row with its key was seen in the store.
        let isStored: Bool

        init(_ row: Row?, _ state: State, isStored: Bool = false) {
            self.row = row
            self.state = state
            self.isStored = isStored
        }
    }

    /// Rows of a generation; as many of the one before are kept beside it.
    private static var generation: Int { 512 }

    private let table = Row.table
    private let statements: TableStatements
    private var entries: [Row.Key: Entry] = [:]
    /// The generation before; all of them are clean.
    private var older: [Row.Key: Entry] = [:]
    /// A table that nobody reads by key is not kept.
    private var isReadByKey = false
    /// Ids are drawn in order of time, so that a new one is nearly always known to be new.
    private var newest = NewestKeys()
    /// What is to be written. An entry that was replaced or taken back since is clean.
    private var changed: [(key: Row.Key, entry: Entry)] = []
    /// What each change of the current command replaced, in the state of then.
    private var replaced: [(key: Row.Key, entry: Entry?, state: State)] = []
    private var cells = ColumnWriter()
    /// Is told of a command's first change here.
    private let touch: () -> Void

    init(_ connection: any Connection, touch: @escaping () -> Void) {
        statements = TableStatements(Row.table, connection)
        self.touch = touch
    }

    func find(_ key: Row.Key) throws -> Row? {
        isReadByKey = true
        if let known = known(key) { return known.row }
        let found = try isNew(key) ? nil : load(key)
        entries[key] = Entry(found, .clean, isStored: found != nil)
        return found
    }

    /// What is known of a key; from the older generation it moves to the younger.
    private func known(_ key: Row.Key) -> Entry? {
        if let entry = entries[key] { return entry }
        guard !older.isEmpty, let entry = older.removeValue(forKey: key) else { return nil }
        entries[key] = entry
        return entry
    }

    /// True when there is nothing to look up.
    private func isNew(_ key: Row.Key) throws -> Bool {
        guard let place = key.place else { return false }
        if !newest.isKnown {
            var highest: UUID?
            try statements.selectHighestKey.run(ColumnWriter()) { row in
                var reader = ColumnReader(row, source: table.name, columns: table.keyColumns)
                highest = try reader.next(UUID.self)
            }
            newest.begin(above: highest)
        }
        return newest.lacks(place)
    }

    func insert(_ row: Row) throws {
        let key = row.key
        if let place = key.place { newest.insert(place) }
        let known = known(key)
        if known?.row != nil { throw duplicate() }
        set(key, Entry(row, known?.state == .deleted ? .updated : .inserted), was: known)
    }

    func update(_ row: Row) throws {
        let key = row.key
        let known = known(key)
        if let known, known.row == nil { throw missing() }
        let isInserted = known?.state == .inserted
        set(
            key,
            Entry(row, isInserted ? .inserted : .updated, isStored: known != nil && !isInserted),
            was: known)
    }

    func delete(_ key: Row.Key) throws {
        let known = known(key)
        if let known, known.row == nil { throw missing() }
        set(key, Entry(nil, known?.state == .inserted ? .clean : .deleted), was: known)
    }

    /// A row just read from the database, after everything was flushed.
    func enter(_ row: Row) {
        let key = row.key
        if known(key) == nil { entries[key] = Entry(row, .clean) }
    }

    private func set(_ key: Row.Key, _ entry: Entry, was known: Entry?) {
        note((key, known, known?.state ?? .clean))
        known?.state = .clean
        entries[key] = entry
        if entry.state != .clean { changed.append((key, entry)) }
    }

    private func note(_ change: (key: Row.Key, entry: Entry?, state: State)) {
        if replaced.isEmpty { touch() }
        replaced.append(change)
    }

    // MARK: Commands

    func keepCommand() { replaced.removeAll(keepingCapacity: true) }

    func undoCommand() {
        for (key, entry, state) in replaced.reversed() {
            entries[key]?.state = .clean
            entry?.state = state
            entries[key] = entry
            if let entry, state != .clean { changed.append((key, entry)) }
        }
        replaced.removeAll(keepingCapacity: true)
    }

    // MARK: Writing

    /// Deletes, then updates, then inserts, so that a unique index sees the old row go first.
    /// With `undoable` the current command can still take its own part back.
    func flush(undoable: Bool) throws {
        guard !changed.isEmpty else { return }
        var deletes: [Row.Key] = []
        var updates: [Entry] = []
        var inserts: [Entry] = []
        for (key, entry) in changed where entry.state != .clean {
            if undoable { note((key, entry, entry.state)) }
            switch entry.state {
            case .inserted: inserts.append(entry)
            case .updated: updates.append(entry)
            case .deleted, .clean: deletes.append(key)
            }
            entry.state = .clean
        }
        changed.removeAll(keepingCapacity: true)
        for key in deletes { try change(statements.delete) { key.write(to: &$0) } }
        try update(updates)
        try insert(inserts)
    }

    /// Forgets what is stored, so that it is loaded again; changes not yet written stay.
    func forgetClean() {
        entries = entries.filter { $0.value.state != .clean }
        older.removeAll()
        newest = NewestKeys()
    }

    /// Forgets everything: what is here may not be what is stored.
    func forget() {
        entries.removeAll(keepingCapacity: true)
        older.removeAll()
        newest = NewestKeys()
        changed.removeAll(keepingCapacity: true)
        replaced.removeAll(keepingCapacity: true)
    }

    /// A batch was committed: what is here is what is stored.
    func keepBatch() {
        guard isReadByKey else { return entries.removeAll(keepingCapacity: true) }
        guard entries.count >= Self.generation else { return }
        swap(&entries, &older)
        entries.removeAll(keepingCapacity: true)
    }

    /// Those that are known to be stored go together, where that is faster; any other must show
    /// that it is there.
    private func update(_ rows: [Entry]) throws {
        let together = rows.filter { $0.isStored }
        var start = 0
        while let replacement = try statements.replacement(upTo: together.count - start) {
            let end = start + replacement.rows
            cells.removeAll()
            for entry in together[start..<end] { entry.row?.write(to: &cells) }
            try replacement.statement.enqueue(cells, changing: replacement.rows)
            start = end
        }
        for entry in together[start...] + rows.filter({ !$0.isStored }) {
            try change(statements.update) { entry.row?.write(to: &$0) }
        }
    }

    private func insert(_ rows: [Entry]) throws {
        var start = 0
        while start < rows.count {
            let insert = try statements.insert(upTo: rows.count - start)
            let end = start + insert.rows
            cells.removeAll()
            for entry in rows[start..<end] { entry.row?.write(to: &cells) }
            try insert.statement.enqueue(cells, changing: nil)
            start = end
        }
    }

    private func change(
        _ statement: @autoclosure () throws -> any PreparedStatement,
        _ write: (inout ColumnWriter) -> Void
    ) throws {
        cells.removeAll()
        write(&cells)
        try statement().enqueue(cells, changing: 1)
    }

    private func load(_ key: Row.Key) throws -> Row? {
        cells.removeAll()
        key.write(to: &cells)
        var found: Row?
        let table = table
        try statements.selectByKey.run(cells) { row in
            var reader = ColumnReader(row, source: table.name, columns: table.columns)
            found = try Row.stored(in: &reader)
        }
        return found
    }

    private func duplicate() -> StorageError {
        StorageError(.constraint, "\(table.name): a row with this key exists")
    }

    private func missing() -> StorageError {
        StorageError(.missingRow, "\(table.name): no row has this key")
    }
}

/// What a batch asks of each of its caches, whatever their rows.
///
/// Closures rather than a protocol: they are made where the row's type is known, so that they run
/// code specialised for it. Through a protocol the generic code would run, at several times the
/// cost of the work itself.
final class CacheOperations {
    let keepCommand: () -> Void
    let undoCommand: () -> Void
    let flush: (_ undoable: Bool) throws -> Void
    let forgetClean: () -> Void
    let forget: () -> Void
    let keepBatch: () -> Void

    init<Row>(_ cache: RowCache<Row>) {
        keepCommand = { cache.keepCommand() }
        undoCommand = { cache.undoCommand() }
        flush = { try cache.flush(undoable: $0) }
        forgetClean = { cache.forgetClean() }
        forget = { cache.forget() }
        keepBatch = { cache.keepBatch() }
    }
}

/// The caches of a connection, in the order in which commands first touched their tables.
final class RowCaches {
    private let connection: any Connection
    /// Few enough that looking through them beats hashing.
    private var caches: [(row: ObjectIdentifier, cache: AnyObject)] = []
    private var operations: [CacheOperations] = []
    /// Those in which the current command has changed rows: few of all.
    private var touched: [CacheOperations] = []

    init(_ connection: any Connection) { self.connection = connection }

    func of<Row: StoredRow>(_: Row.Type) -> RowCache<Row> {
        let row = ObjectIdentifier(Row.self)
        // The row's type is the cache's: a cast that asked for it again would take longer than the
        // look.
        for known in caches where known.row == row {
            return unsafeDowncast(known.cache, to: RowCache<Row>.self)
        }
        let place = operations.count
        let cache = RowCache<Row>(connection) { [unowned self] in
            touched.append(operations[place])
        }
        caches.append((row, cache))
        operations.append(CacheOperations(cache))
        return cache
    }

    var commandHasChanges: Bool { !touched.isEmpty }

    func keepCommand() {
        for cache in touched { cache.keepCommand() }
        touched.removeAll(keepingCapacity: true)
    }

    func undoCommand() {
        for cache in touched { cache.undoCommand() }
        touched.removeAll(keepingCapacity: true)
    }

    func flush(undoable: Bool) throws { for cache in operations { try cache.flush(undoable) } }

    func forget() {
        for cache in operations { cache.forget() }
        touched.removeAll(keepingCapacity: true)
    }

    func keepBatch() {
        keepCommand()
        for cache in operations { cache.keepBatch() }
    }

    func forgetClean() { for cache in operations { cache.forgetClean() } }
}
