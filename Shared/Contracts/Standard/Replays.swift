public import RPC
public import Wire

// A replay is held against the request that made what is stored, as far as that is kept: whoever
// stores something says what its request was, and the fields are compared here alone.
extension Message {
    /// - Throws: `IDEMPOTENCY_CONFLICT {differingFields}`.
    public func checkReplay(of kept: Self) throws(RPCError) {
        let fields = differences(from: kept)
        guard fields.isEmpty else { throw .differing(fields) }
    }
}

extension String? {
    /// A secret as its replay says it, of which only a trace is kept: itself if the trace is the
    /// same, else what differs from it.
    public func asKept(ifSame isSame: Bool) -> String? { isSame ? self : self == nil ? "" : nil }
}

extension RPCError {
    /// An id that makes something came before, with other content.
    public static func differing(_ fields: [String]) -> RPCError {
        RPCError(
            .idempotencyConflict,
            "this id was used before with other content, which differs in "
                + fields.joined(separator: ", "),
            detail: ["differingFields": .array(fields.map { .text($0) })])
    }
}
