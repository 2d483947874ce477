public import FoundationEssentials
public import Wire

/// Asks a service to compare what it counts with what it sums up. It changes
/// nothing, but that Orders lets a restored Inventory sell again when nothing is wrong.
public struct VerifyRequest: Message {
    /// Only what belongs to this event; absent for all.
    public let eventId: UUID?

    public init(eventId: UUID? = nil) { self.eventId = eventId }

    public static let fields = [Field("eventId", .id, required: false, "absent: all events")]
}

public struct VerifyReply: Message {
    /// How many things were compared.
    public let checked: Int64
    /// At most 1,000; empty when all is well.
    public let violations: [Violation]
    /// Things that look wrong only because a saga is running or a feed has not been read so far.
    public let pending: Int64

    public init(checked: Int64, violations: [Violation], pending: Int64) {
        self.checked = checked
        self.violations = Array(violations.prefix(Bounds.violations))
        self.pending = pending
    }

    public static let fields = [
        Field("checked", .integer(0...Int64.max), "things compared"),
        Field(
            "violations", .list(.message(Violation.fields), maxCount: Bounds.violations),
            "what is wrong"),
        Field("pending", .integer(0...Int64.max), "not judged yet: still on its way"),
    ]
}

/// One thing that must not be.
public struct Violation: Message, Hashable {
    /// `C-2`, `M-3` …
    public let invariant: String
    /// The pool, payment, checkout or account.
    public let subject: String
    public let expected: String
    public let actual: String

    public init(invariant: String, subject: String, expected: String, actual: String) {
        self.invariant = invariant
        self.subject = subject.clipped(to: Self.textBytes)
        self.expected = expected.clipped(to: Self.textBytes)
        self.actual = actual.clipped(to: Self.textBytes)
    }

    public static let fields = [
        Field("invariant", .text(maxBytes: 16), "such as M-3"),
        Field("subject", .text(maxBytes: textBytes), "whom it concerns"),
        Field("expected", .text(maxBytes: textBytes), "what should be"),
        Field("actual", .text(maxBytes: textBytes), "what is"),
    ]

    private static let textBytes = 256
}
