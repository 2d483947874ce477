internal import Lifecycle
public import Text

/// Which call an answer belongs to: the identity that called, the method, and its idempotency key.
public struct CallKey: StoredKey {
    public let caller: ByteText
    public let method: ByteText
    public let key: ByteText

    public init(caller: ByteText, method: ByteText, key: ByteText) {
        self.caller = caller
        self.method = method
        self.key = key
    }

    public func write(to columns: inout ColumnWriter) {
        columns.append(caller)
        columns.append(method)
        columns.append(key)
    }
}

/// The key was used before, with another request.
public struct KeyReused: Error, Equatable {
    public let differingFields: [String]
}

/// Answers by key are for methods whose requests carry no id of their own; the others keep the
/// fingerprint in the row that they make. They are kept for seven days.
extension Batch {
    /// The answer that was given under this key, if one was; throws `KeyReused` when it was given
    /// to another request.
    public func reply(to call: CallKey, _ fingerprint: Fingerprint) throws -> [UInt8]? {
        guard let known = try find(StoredReply.self, call) else { return nil }
        let differing = fingerprint.differingFields(from: known.fingerprint)
        guard differing.isEmpty else { throw KeyReused(differingFields: differing) }
        return known.reply
    }

    /// Keeps the answer in the transaction of its effect.
    public func keep(reply: [UInt8], to call: CallKey, _ fingerprint: Fingerprint) throws {
        try insert(
            StoredReply(key: call, fingerprint: fingerprint.bytes, reply: reply, at: now))
    }
}

struct StoredReply: StoredRow {
    static let table = TableLayout(
        "idempotency", key: ["caller", "method", "call_key"],
        columns: ["caller", "method", "call_key", "fingerprint", "reply", "at"])

    let key: CallKey
    let fingerprint: [UInt8]
    let reply: [UInt8]
    let at: Instant

    init(key: CallKey, fingerprint: [UInt8], reply: [UInt8], at: Instant) {
        self.key = key
        self.fingerprint = fingerprint
        self.reply = reply
        self.at = at
    }

    init(from columns: inout ColumnReader) throws {
        key = CallKey(
            caller: try columns.next(), method: try columns.next(),
            key: try columns.next())
        fingerprint = try columns.next()
        reply = try columns.next()
        at = try columns.next()
    }

    func write(to columns: inout ColumnWriter) {
        key.write(to: &columns)
        columns.append(fingerprint)
        columns.append(reply)
        columns.append(at)
    }
}
