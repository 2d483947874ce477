public import FoundationEssentials
public import Wire

/// Asks a service to compare what it counts with what it sums up. The check itself changes nothing.
/// But when Orders finds nothing wrong, it calls ResumeSales, so that a restored Inventory sells
/// again.
public struct VerifyRequest: Message {
    /// Only what belongs to this event; absent for all.
    public let eventId: UUID?

    public init(eventId: UUID? = nil) { self.eventId = eventId }

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        eventId = f("eventId", it, "absent: all events") { $0.eventId }
    }
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

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        checked = f("checked", it, .integer(0...Int64.max), "things compared") { $0.checked }
        violations = f(
            "violations", it, .list(maxCount: Bounds.violations), "what is wrong"
        ) { $0.violations }
        pending = f(
            "pending", it, .integer(0...Int64.max), "not judged yet: still on its way"
        ) { $0.pending }
    }
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

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        invariant = f("invariant", it, .text(maxBytes: 16), "such as M-3") { $0.invariant }
        subject = f("subject", it, .text(maxBytes: Self.textBytes), "whom it concerns") {
            $0.subject
        }
        expected = f("expected", it, .text(maxBytes: Self.textBytes), "what should be") {
            $0.expected
        }
        actual = f("actual", it, .text(maxBytes: Self.textBytes), "what is") { $0.actual }
    }

    private static let textBytes = 256
}
