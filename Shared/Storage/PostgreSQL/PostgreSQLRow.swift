internal import CPostgres

/// The one row of a result that came in the binary format.
final class PostgreSQLRow: ResultRow {
    /// Types by the numbers of the server's catalogue (pg_type.dat), which never change.
    private static let bytea: Oid = 17
    private static let integers: [Oid: Int32] = [20: 8, 21: 2, 23: 4, 16: 1]
    private static let texts: Set<Oid> = [18, 19, 25, 1042, 1043]

    private let result: OpaquePointer

    init(_ result: OpaquePointer) { self.result = result }

    var columnCount: Int { PQntuples(result) == 1 ? Int(PQnfields(result)) : 0 }

    func kind(at column: Int) -> CellKind {
        let field = Int32(truncatingIfNeeded: column)
        guard PQgetisnull(result, 0, field) == 0 else { return .null }
        let type = PQftype(result, field)
        if type == Self.bytea { return .blob }
        if let length = Self.integers[type], length == PQgetlength(result, 0, field) {
            return .integer
        }
        return Self.texts.contains(type) ? .text : .real
    }

    func integer(at column: Int) -> Int64 {
        let bytes = bytes(column)
        // The first byte carries the sign.
        let start: Int64 = (bytes.first ?? 0) < 0x80 ? 0 : -1
        return bytes.reduce(start) { $0 << 8 | Int64($1) }
    }

    func text(at column: Int) -> String? {
        let bytes = bytes(column)
        // Nearly all text is ASCII, which needs no validation by the generic code of the library.
        guard bytes.contains(where: { $0 >= 0x80 }) else {
            return String(decoding: bytes, as: UTF8.self)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    func withBlob<Value>(at column: Int, _ body: (UnsafeRawBufferPointer) -> Value) -> Value {
        body(UnsafeRawBufferPointer(bytes(column)))
    }

    private func bytes(_ column: Int) -> UnsafeBufferPointer<UInt8> {
        let field = Int32(truncatingIfNeeded: column)
        guard let start = PQgetvalue(result, 0, field) else {
            return UnsafeBufferPointer(start: nil, count: 0)
        }
        let count = Int(max(0, PQgetlength(result, 0, field)))
        return UnsafeRawBufferPointer(start: start, count: count).bindMemory(to: UInt8.self)
    }
}
