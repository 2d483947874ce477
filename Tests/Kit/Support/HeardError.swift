public import RPC
public import Wire

extension RPCError {
    /// An error as a peer may send it, whatever the table of reasons promises of its detail.
    public static func heard(
        _ reason: Reason, _ message: String = "as a peer says it", detail: [String: Value] = [:]
    ) -> RPCError {
        RPCError(
            code: reason.code, reason: reason, message: message, outcome: reason.outcome,
            executed: nil, retryAfterMs: nil, detail: detail)
    }
}
