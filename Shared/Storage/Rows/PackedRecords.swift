public import Wire

// What is only ever read and written whole lies in one column, as CBOR: records, each an array of
// its parts without names. A later release may have records with more parts, behind those that are
// known here: they are skipped, so that both releases can work on one store.

extension CBORReader {
    /// A record of which so many parts are known; `read` reads those.
    @inlinable
    public mutating func readRecord<Record>(
        of parts: Int, _ read: (inout CBORReader) throws -> Record
    ) throws -> Record {
        let count = try readArrayHeader()
        guard count >= parts else {
            throw StorageError(.corrupt, "a record has \(count) parts instead of \(parts)")
        }
        let record = try read(&self)
        for _ in parts..<count { _ = try readItem() }
        return record
    }

    /// The records that the next so many items are: an array each, or, as some columns have them
    /// that can't have more parts that way, all their parts in one row.
    @inlinable
    public mutating func readRecords<Record>(
        in items: Int, of parts: Int, _ read: (inout CBORReader) throws -> Record
    ) throws -> [Record] {
        guard items > 0 else { return [] }
        guard isAtArray else { return try (0..<items / parts).map { _ in try read(&self) } }
        return try (0..<items).map { _ in try readRecord(of: parts, read) }
    }

    @inlinable public var isAtArray: Bool {
        var ahead = self
        return (try? ahead.readArrayHeader()) != nil
    }
}
