import Contracts
import FoundationEssentials
import RPC

/// How a checkout is paid: all at once, or step by step.
enum CheckoutWay: String, Sendable {
    /// `Purchase`: the hold is born fenced and the payment starts at once.
    case short = "SHORT"
    /// It began so, but its payment wants the buyer or time: it goes on the long way.
    case opened = "OPENED"
    /// `CreateCheckout`: the hold has a timer, and the buyer starts payments.
    case long = "LONG"
}

/// One try of the buyer to pay, begun by StartPayment under an id of its own.
struct PaymentAttempt: Hashable, Sendable {
    let id: UUID
    let paymentID: UUID
    let provider: String
    let captureMode: CaptureMode
    /// The provider's token, wiped once nothing can be asked with it any more.
    var method: String?
    /// Outlives the token, so that a replay can still be compared.
    let methodPrint: [UInt8]?
}

/// How an attempt ended without money, and what the buyer was told.
struct EndedAttempt: Hashable, Sendable {
    enum Outcome: String, Sendable {
        /// The provider said no, or the buyer gave up on its page.
        case failed = "FAILED"
        /// Another attempt took its place.
        case superseded = "SUPERSEDED"
        /// It was never begun, for the reason given.
        case refused = "REFUSED"
    }

    let attempt: PaymentAttempt
    let outcome: Outcome
    let problem: Problem?
}
