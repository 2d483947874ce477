import Contracts
import FoundationEssentials
import Lifecycle
import Storage
import Wire

/// A buyer's try to pay that came to nothing, kept for its replay. The one under way, or that paid,
/// is in the checkout's own row.
struct AttemptRow: StoredRow {
    struct Key: CompoundKey {
        let checkoutID: UUID
        let attemptID: UUID

        static func walk<Row>(
            _ c: some ColumnWalk, _ it: Written<Row>, _ get: (Row) -> Self
        ) -> Self {
            Self(
                checkoutID: c("checkout_id", it) { get($0).checkoutID },
                attemptID: c("attempt_id", it) { get($0).attemptID })
        }
    }

    static let table = TableLayout("payment_attempt", of: Self.self)

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

    @inline(__always)
    init(_ c: some ColumnWalk, _ it: Written<Self>) {
        let key = Key.walk(c, it) { $0.key }
        checkoutID = key.checkoutID
        attempt = PaymentAttempt(
            id: key.attemptID, paymentID: c("payment_id", it) { $0.attempt.paymentID },
            provider: c("provider", it) { $0.attempt.provider },
            captureMode: c("capture_mode", it) { $0.attempt.captureMode }, method: nil,
            methodPrint: c("method_print", it) { $0.attempt.methodPrint })
        outcome = c("outcome", it) { $0.outcome }
        problem = c("problem", it, as: Maybe<Packed.ProblemOfPayments>.self) { $0.problem }
        at = c("at", it) { $0.at }
    }
}

extension EndedAttempt.Outcome: Bindable {
    static var nothing: EndedAttempt.Outcome { .failed }
}
