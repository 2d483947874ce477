/// The rows of one table within a batch: loaded once, decided upon many times, written once.
final class RowCache<Row: StoredRow> {
    private enum State {
        /// As stored; a nil row is known not to exist.
        case clean
        case inserted, updated, deleted
    }

    private struct Entry {
        var row: Row?
        var state: State
    }

    private let connection: any Connection
    private let table = Row.table
    private var entries: [Row.Key: Entry] = [:]
    /// Keys in the order in which they became different from what is stored.
    private var changed: [Row.Key] = []
    /// What each change of the current command replaced.
    private var replaced: [(key: Row.Key, entry: Entry?)] = []
    private var cells = ColumnWriter()

    init(_ connection: any Connection) { self.connection = connection }

    var commandHasChanges: Bool { !replaced.isEmpty }

    func find(_ key: Row.Key) throws -> Row? {
        if let known = entries[key] { return known.row }
        let found = try load(key)
        entries[key] = Entry(row: found, state: .clean)
        return found
    }

    func insert(_ row: Row) throws {
        let key = row.key
        let known = entries[key]
        if known?.row != nil { throw duplicate() }
        set(
            key, Entry(row: row, state: known?.state == .deleted ? .updated : .inserted), was: known
        )
    }

    func update(_ row: Row) throws {
        let key = row.key
        let known = entries[key]
        if let known, known.row == nil { throw missing() }
        set(
            key, Entry(row: row, state: known?.state == .inserted ? .inserted : .updated),
            was: known)
    }

    func delete(_ key: Row.Key) throws {
        let known = entries[key]
        if let known, known.row == nil { throw missing() }
        set(key, Entry(row: nil, state: known?.state == .inserted ? .clean : .deleted), was: known)
    }

    /// A row just read from the database, after everything was flushed.
    func enter(_ row: Row) {
        let key = row.key
        if entries[key] == nil { entries[key] = Entry(row: row, state: .clean) }
    }

    private func set(_ key: Row.Key, _ entry: Entry, was known: Entry?) {
        replaced.append((key, known))
        entries[key] = entry
        if known == nil || known?.state == .clean { changed.append(key) }
    }

    // MARK: Commands

    func keepCommand() {
        if !replaced.isEmpty { replaced.removeAll(keepingCapacity: true) }
    }

    func undoCommand() {
        for (key, entry) in replaced.reversed() {
            entries[key] = entry
            if let entry, entry.state != .clean { changed.append(key) }
        }
        replaced.removeAll(keepingCapacity: true)
    }

    // MARK: Writing

    /// Deletes, then updates, then inserts, so that a unique index sees the old row go first.
    /// With `undoable` the current command can still take its own part back.
    func flush(undoable: Bool) throws {
        guard !changed.isEmpty else { return }
        let keys = changed
        changed.removeAll(keepingCapacity: true)
        var deletes: [Row.Key] = []
        var updates: [Row] = []
        var inserts: [Row] = []
        for key in keys {
            guard let entry = entries[key], entry.state != .clean else { continue }
            if undoable { replaced.append((key, entry)) }
            entries[key]?.state = .clean
            switch (entry.state, entry.row) {
            case (.inserted, let row?): inserts.append(row)
            case (.updated, let row?): updates.append(row)
            default: deletes.append(key)
            }
        }
        for key in deletes { try change(table.delete) { key.write(to: &$0) } }
        for row in updates { try change(table.update) { row.write(to: &$0) } }
        try insert(inserts)
    }

    /// Forgets what is stored, so that it is loaded again; changes not yet written stay.
    func forgetClean() { entries = entries.filter { $0.value.state != .clean } }

    /// Forgets everything: a batch has ended.
    func forget() {
        entries.removeAll(keepingCapacity: true)
        changed.removeAll(keepingCapacity: true)
        replaced.removeAll(keepingCapacity: true)
    }

    private func insert(_ rows: [Row]) throws {
        var start = 0
        while start < rows.count {
            let insert = table.insert(upTo: rows.count - start)
            let end = start + insert.rows
            cells.removeAll()
            for row in rows[start..<end] { row.write(to: &cells) }
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
        try connection.prepare(table.selectByKey).run(cells) { row in
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
