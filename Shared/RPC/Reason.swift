public import Wire

/// Why a call failed: a stable word, with the status code, the outcome and the detail that belong
/// to it. It is declared once, in a table: `Reason.ofProtocol` here, those of the domain in
/// Contracts. What clients are told of reasons is made from the tables.
public struct Reason: Hashable, Sendable {
    public let name: String
    public let code: Code
    public let outcome: RPCError.Outcome
    /// What happened and what the caller can do. Names of methods, fields, states and commands
    /// stand between backticks, and a test looks each of them up.
    public let sentence: String
    /// The fields of an error's `detail`; nil for a reason that a peer or a row has named, and that
    /// may be another version's.
    public let detail: [Field]?

    /// A refusal.
    public init(_ name: String, _ code: Code, _ sentence: String, detail: [Field] = []) {
        self.init(name, code, .refused, sentence, detail: detail)
    }

    public init(
        _ name: String, _ code: Code, _ outcome: RPCError.Outcome, _ sentence: String,
        detail: [Field] = []
    ) {
        self.name = name
        self.code = code
        self.outcome = outcome
        self.sentence = sentence
        self.detail = detail
    }

    /// A reason as somebody else has written it.
    public init(received name: String, _ code: Code, _ outcome: RPCError.Outcome = .refused) {
        self.name = name
        self.code = code
        self.outcome = outcome
        sentence = ""
        detail = nil
    }

    public static func == (left: Reason, right: Reason) -> Bool { left.name == right.name }

    public func hash(into hasher: inout Hasher) { hasher.combine(name) }

    /// Reasons that are given only before anything was done.
    var isBeforeAnyEffect: Bool {
        [.overloaded, .draining, .storageFull].contains(self)
    }

    /// What an error's detail has that the table does not say, or lacks; nil when it is as
    /// declared. How long its texts are is not looked at: callers have a hand in them.
    func problem(in detail: [String: Value]) -> String? {
        self.detail.flatMap { Self.problem(in: detail.map { ($0.key, $0.value) }, $0) }.map {
            "\(name): \($0)"
        }
    }

    private static func problem(in entries: [(String, Value)], _ fields: [Field]) -> String? {
        for (key, value) in entries {
            guard let field = fields.first(where: { $0.name == key }) else {
                return "\(key) is no field of its detail"
            }
            if !fits(value, field.type) { return "\(key) is of another type, \(value.kind)" }
        }
        let missing = fields.first { field in
            field.isRequired && !entries.contains { $0.0 == field.name }
        }
        return missing.map { "\($0.name) is missing in its detail" }
    }

    private static func fits(_ value: Value, _ type: FieldType) -> Bool {
        switch (type, value) {
        case (.any, _), (.flag, .bool), (.integer, .integer), (.instant, .integer), (.id, .id),
            (.text, .text), (.word, .text), (.bytes, .bytes):
            true
        case (.list(let element, _), .array(let values)):
            values.allSatisfy { fits($0, element) }
        case (.message(let fields, _), .map(let entries)): problem(in: entries, fields) == nil
        default: false
        }
    }
}
