public import Wire

extension RPCError {
    /// `{"code", "reason", "message", "outcome", "executed"?, "retryAfterMs"?, "detail"?}`
    func write(to writer: inout CBORWriter) {
        let optional = [executed != nil, retryAfterMs != nil, !detail.isEmpty]
        writer.mapHeader(4 + optional.count { $0 })
        writer.text("code")
        writer.text(code.name)
        writer.text("reason")
        writer.text(reason.name)
        writer.text("message")
        writer.text(String(message.prefix(4_096)))
        writer.text("outcome")
        writer.text(outcome.rawValue)
        if let executed {
            writer.text("executed")
            writer.bool(executed)
        }
        if let retryAfterMs {
            writer.text("retryAfterMs")
            writer.integer(retryAfterMs)
        }
        if !detail.isEmpty {
            writer.text("detail")
            writer.value(.map(detail.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }))
        }
    }

    init(_ reader: inout CBORReader) throws {
        var map = try reader.openMap()
        let code = Code(try map.readIfPresent("code", from: &reader) ?? Code.unknown.name)
        let reason: String = try map.readIfPresent("reason", from: &reader) ?? "INTERNAL"
        let message: String = try map.readIfPresent("message", from: &reader) ?? ""
        // A word that we do not know is no refusal: nothing may be undone because of it.
        let outcome: String? = try map.readIfPresent("outcome", from: &reader)
        let executed: Bool? = try map.readIfPresent("executed", from: &reader)
        let retryAfterMs: Int64? = try map.readIfPresent("retryAfterMs", from: &reader)
        let detail: Value? = try map.readIfPresent("detail", from: &reader)
        try map.close(&reader)
        guard case .map(let pairs) = detail ?? .map([]) else {
            throw ProtocolViolation("an error's detail is a map")
        }
        let known = outcome.flatMap(Outcome.init(rawValue:)) ?? .unknown
        self.init(
            code: code, reason: Reason(received: reason, code, known), message: message,
            outcome: known, executed: executed, retryAfterMs: retryAfterMs,
            detail: Dictionary(pairs) { first, _ in first })
    }
}

extension RPCError {
    /// The error as the map that crosses the wire, for printing.
    public var value: Value {
        var writer = CBORWriter()
        write(to: &writer)
        var reader = CBORReader(writer.bytes)
        return (try? reader.readValue()) ?? .text(message)
    }
}
