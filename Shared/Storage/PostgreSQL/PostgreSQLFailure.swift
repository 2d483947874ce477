internal import CPostgres

/// What a server says when it refuses: a state and a message. The detail, which quotes values, is
/// left out.
struct PostgreSQLFailure {
    let state: SQLState
    let message: String

    init(_ result: OpaquePointer?) {
        state = SQLState(text: Self.field("C", of: result))
        message = Self.field("M", of: result)
    }

    func error(in text: String) -> StorageError {
        StorageError(state.code, "\(message) (\(state.text)) in \(text)")
    }

    /// The fields of an error are named by letters (libpq's PG_DIAG_SQLSTATE and others).
    static func field(_ name: Unicode.Scalar, of result: OpaquePointer?) -> String {
        guard let text = PQresultErrorField(result, Int32(name.value)) else { return "" }
        return String(cString: text)
    }
}
