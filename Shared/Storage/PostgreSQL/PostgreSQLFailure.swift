internal import CPostgres

/// What a server says when it refuses: a state of five letters (Appendix A of its manual) and a
/// message. The detail, which quotes values, is left out.
struct PostgreSQLFailure {
    /// Empty when it was not the server that spoke: the connection is gone.
    let state: String
    let message: String

    init(_ result: OpaquePointer?) {
        state = Self.field("C", of: result)
        message = Self.field("M", of: result)
    }

    var code: StorageError.Code {
        switch state {
        case "25006": return .connectionLost
        case "25P03", "57P01", "57P02", "57P03", "57P05": return .connectionLost
        case "40001", "40P01", "55P03": return .conflict
        case "53100": return .storageFull
        case "XX001", "XX002": return .corrupt
        case "57014": return .busy
        case "": return .connectionLost
        default: break
        }
        switch state.prefix(2) {
        case "08": return .connectionLost
        case "23": return .constraint
        case "53", "58": return .busy
        default: return .statement
        }
    }

    func error(in text: String) -> StorageError {
        StorageError(code, "\(message) (\(state)) in \(text)")
    }

    /// The fields of an error are named by letters (libpq's PG_DIAG_SQLSTATE and others).
    static func field(_ name: Unicode.Scalar, of result: OpaquePointer?) -> String {
        guard let text = PQresultErrorField(result, Int32(name.value)) else { return "" }
        return String(cString: text)
    }
}
