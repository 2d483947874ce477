/// The rows of one table within a batch: loaded once, decided upon many times, written once.
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

        init(_ row: Row?, _ state: State) {
            self.row = row
            self.state = state
        }
    }

    private let connection: any Connection
    private let table = Row.table
    private var entries: [Row.Key: Entry] = [:]
    /// Keys in the order in which they became different from what is stored.
    private var changed: [Row.Key] = []
    /// What each change of the current command replaced, in the state of then.
    private var replaced: [(key: Row.Key, entry: Entry?, state: State)] = []
    private var cells = ColumnWriter()
    private var selectByKey: (any PreparedStatement)?

    init(_ connection: any Connection) { self.connection = connection }

    var commandHasChanges: Bool { !replaced.isEmpty }

    func find(_ key: Row.Key) throws -> Row? {
        if let known = entries[key] { return known.row }
        let found = try load(key)
        entries[key] = Entry(found, .clean)
        return found
    }

    func insert(_ row: Row) throws {
        let key = row.key
        let known = entries[key]
        if known?.row != nil { throw duplicate() }
        set(key, Entry(row, known?.state == .deleted ? .updated : .inserted), was: known)
    }

    func update(_ row: Row) throws {
        let key = row.key
        let known = entries[key]
        if let known, known.row == nil { throw missing() }
        set(key, Entry(row, known?.state == .inserted ? .inserted : .updated), was: known)
    }

    func delete(_ key: Row.Key) throws {
        let known = entries[key]
        if let known, known.row == nil { throw missing() }
        set(key, Entry(nil, known?.state == .inserted ? .clean : .deleted), was: known)
    }

    /// A row just read from the database, after everything was flushed.
    func enter(_ row: Row) {
        let key = row.key
        if entries[key] == nil { entries[key] = Entry(row, .clean) }
    }

    private func set(_ key: Row.Key, _ entry: Entry, was known: Entry?) {
        replaced.append((key, known, known?.state ?? .clean))
        entries[key] = entry
        if known == nil || known?.state == .clean { changed.append(key) }
    }

    // MARK: Commands

    func keepCommand() {
        if !replaced.isEmpty { replaced.removeAll(keepingCapacity: true) }
    }

    func undoCommand() {
        for (key, entry, state) in replaced.reversed() {
            entry?.state = state
            entries[key] = entry
            if state != .clean { changed.append(key) }
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
        for key in changed {
            guard let entry = entries[key], entry.state != .clean else { continue }
            if undoable { replaced.append((key, entry, entry.state)) }
            switch entry.state {
            case .inserted: inserts.append(entry)
            case .updated: updates.append(entry)
            case .deleted, .clean: deletes.append(key)
            }
            entry.state = .clean
        }
        changed.removeAll(keepingCapacity: true)
        for key in deletes { try change(table.delete) { key.write(to: &$0) } }
        for entry in updates { try change(table.update) { entry.row?.write(to: &$0) } }
        try insert(inserts)
    }

    /// Forgets what is stored, so that it is loaded again; changes not yet written stay.
    func forgetClean() { entries = entries.filter { $0.value.state != .clean } }

    /// Forgets everything: a batch has ended.
    func forget() {
        entries.removeAll(keepingCapacity: true)
        changed.removeAll(keepingCapacity: true)
        replaced.removeAll(keepingCapacity: true)
        selectByKey = nil
    }

    private func insert(_ rows: [Entry]) throws {
        var start = 0
        while start < rows.count {
            let insert = table.insert(upTo: rows.count - start)
            let end = start + insert.rows
            cells.removeAll()
            for entry in rows[start..<end] { entry.row?.write(to: &cells) }
            try connection.prepare(insert.text).run(cells)
            start = end
        }
    }

    private func change(_ statement: String, _ write: (inout ColumnWriter) -> Void) throws {
        cells.removeAll()
        write(&cells)
        if try connection.prepare(statement).run(cells) != 1 { throw missing() }
    }

    private func load(_ key: Row.Key) throws -> Row? {
        cells.removeAll()
        key.write(to: &cells)
        var found: Row?
        let table = table
        let statement = try selectByKey ?? connection.prepare(table.selectByKey)
        selectByKey = statement
        try statement.run(cells) { row in
            var reader = ColumnReader(row, source: table.name, columns: table.columns)
            found = try Row(from: &reader)
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
struct CacheOperations {
    let commandHasChanges: () -> Bool
    let keepCommand: () -> Void
    let undoCommand: () -> Void
    let flush: (_ undoable: Bool) throws -> Void
    let forgetClean: () -> Void
    let forget: () -> Void

    init<Row>(_ cache: RowCache<Row>) {
        commandHasChanges = { cache.commandHasChanges }
        keepCommand = { cache.keepCommand() }
        undoCommand = { cache.undoCommand() }
        flush = { try cache.flush(undoable: $0) }
        forgetClean = { cache.forgetClean() }
        forget = { cache.forget() }
    }
}

/// The caches of a batch, in the order in which its commands first touched their tables.
final class RowCaches {
    private let connection: any Connection
    /// Few enough that looking through them beats hashing.
    private var caches: [(row: ObjectIdentifier, cache: AnyObject)] = []
    private var operations: [CacheOperations] = []

    init(_ connection: any Connection) { self.connection = connection }

    func of<Row: StoredRow>(_: Row.Type) -> RowCache<Row> {
        let row = ObjectIdentifier(Row.self)
        for known in caches where known.row == row {
            if let cache = known.cache as? RowCache<Row> { return cache }
        }
        let cache = RowCache<Row>(connection)
        caches.append((row, cache))
        operations.append(CacheOperations(cache))
        return cache
    }

    func forEach(_ body: (CacheOperations) throws -> Void) rethrows {
        for cache in operations { try body(cache) }
    }

    func contains(where test: (CacheOperations) -> Bool) -> Bool {
        operations.contains(where: test)
    }

    func forget() { forEach { $0.forget() } }

    func forgetClean() { forEach { $0.forgetClean() } }
}
