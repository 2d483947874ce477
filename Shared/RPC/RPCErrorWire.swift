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
        var (code, reason, message) = (Code.unknown, "INTERNAL", "")
        var outcome = Outcome.unknown
        var executed: Bool?
        var retryAfterMs: Int64?
        var detail: [String: Value] = [:]
        for _ in 0..<(try reader.readMapHeader()) {
            switch try reader.readText() {
            case "code": code = Code(try reader.readText())
            case "reason": reason = try reader.readText()
            case "message": message = try reader.readText()
            // A word that we do not know is no refusal: nothing may be undone because of it.
            case "outcome": outcome = Outcome(rawValue: try reader.readText()) ?? .unknown
            case "executed": executed = try reader.readBool()
            case "retryAfterMs": retryAfterMs = try reader.readInteger()
            case "detail":
                guard case .map(let pairs) = try reader.readValue() else {
                    throw ProtocolViolation("an error's detail is a map")
                }
                for (key, value) in pairs { detail[key] = value }
            default: try reader.skipValue()
            }
        }
        self.init(
            code: code, reason: Reason(reason, code, outcome), message: message, outcome: outcome,
            executed: executed, retryAfterMs: retryAfterMs, detail: detail)
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
