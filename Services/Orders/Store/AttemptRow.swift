import Contracts
import FoundationEssentials
import Lifecycle
import Storage

/// A buyer's try to pay that came to nothing, kept for its replay. The one under way, or that paid,
/// is in the checkout's own row.
struct AttemptRow: StoredRow {
    struct Key: StoredKey {
        let checkoutID: UUID
        let attemptID: UUID

        func write(to columns: inout ColumnWriter) {
            columns.append(checkoutID)
            columns.append(attemptID)
        }
    }

    static let table = TableLayout(
        "payment_attempt", key: ["checkout_id", "attempt_id"],
        columns: [
            "checkout_id", "attempt_id", "payment_id", "provider", "capture_mode", "method_print",
            "outcome", "problem", "at",
        ])

    let checkoutID: UUID
    /// Without its token.
    let attempt: PaymentAttempt
    let outcome: EndedAttempt.Outcome
    let problem: Problem?
    let at: Instant

    var key: Key { Key(checkoutID: checkoutID, attemptID: attempt.id) }

    init(_ checkoutID: UUID, _ ended: EndedAttempt, at: Instant) {
        self.checkoutID = checkoutID
        attempt = ended.attempt
        outcome = ended.outcome
        problem = ended.problem
        self.at = at
    }

    func write(to columns: inout ColumnWriter) {
        key.write(to: &columns)
        columns.append(attempt.paymentID)
        columns.append(attempt.provider)
        columns.append(attempt.captureMode.word)
        columns.append(attempt.methodPrint)
        columns.append(outcome)
        columns.append(problem.map { Packed.problem($0) })
        columns.append(at)
    }

    init(from columns: inout ColumnReader) throws {
        checkoutID = try columns.next()
        attempt = PaymentAttempt(
            id: try columns.next(), paymentID: try columns.next(), provider: try columns.next(),
            captureMode: CaptureMode(try columns.next()), method: nil,
            methodPrint: try columns.next())
        outcome = try columns.next()
        problem = try columns.next([UInt8]?.self).map { try Packed.problem($0, of: .ofPayments) }
        at = try columns.next()
    }
}

extension EndedAttempt.Outcome: Bindable {}
