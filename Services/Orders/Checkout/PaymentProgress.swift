import Contracts
import FoundationEssentials
import RPC

/// How the payment of a checkout stands that the buyer sets the pace of. An attempt is what
/// StartPayment began; the purchase's own payment has none.
enum PaymentProgress: Hashable, Sendable {
    /// Nothing was begun, or nothing can come any more of what was.
    case idle(last: PaymentAttempt?)
    /// Money may come of it.
    case live(PaymentAttempt?, LivePayment)
    /// It is being given up for the next, if that still waits; money may come of it all the same.
    case superseded(PaymentAttempt?, LivePayment, by: PaymentAttempt?)

    /// The attempt that was begun last.
    var attempt: PaymentAttempt? {
        switch self {
        case .idle(let attempt), .live(let attempt, _), .superseded(let attempt, _, _): attempt
        }
    }

    /// Begins once the one before it is given up.
    var queued: PaymentAttempt? {
        guard case .superseded(_, _, let queued) = self else { return nil }
        return queued
    }

    var isSuperseded: Bool {
        guard case .superseded = self else { return false }
        return true
    }

    /// What is known of it while money may come of it; set, it changes nothing else.
    var live: LivePayment? {
        get {
            switch self {
            case .idle: nil
            case .live(_, let live), .superseded(_, let live, _): live
            }
        }
        set {
            guard let newValue else { return }
            switch self {
            case .idle: break
            case .live(let attempt, _): self = .live(attempt, newValue)
            case .superseded(let attempt, _, let queued):
                self = .superseded(attempt, newValue, by: queued)
            }
        }
    }

    /// Another attempt waits for this one to be given up.
    mutating func supersede(by attempt: PaymentAttempt) {
        self = .superseded(self.attempt, live ?? LivePayment(), by: attempt)
    }

    /// The attempt that waits is not begun.
    mutating func dropQueued() {
        guard case .superseded(let attempt, let live, _) = self else { return }
        self = .superseded(attempt, live, by: nil)
    }

    /// It goes on, whatever was to take its place.
    mutating func keep() { self = .live(attempt, live ?? LivePayment()) }

    /// The provider wants the buyer or time. One that is being given up still is.
    mutating func open(_ heard: LivePayment) {
        if live == nil { self = .live(attempt, heard) } else { live = heard }
    }

    /// Nothing can come of it any more, and nobody asks with the buyer's token again.
    mutating func end() { self = .idle(last: attempt?.withoutMethod) }

    /// The checkout has ended: what it was paid by stays, but for the token.
    mutating func forgetMethod() {
        let attempt = attempt?.withoutMethod
        live?.action = nil
        switch self {
        case .idle: self = .idle(last: attempt)
        case .live(_, let live): self = .live(attempt, live)
        case .superseded(_, let live, let queued):
            self = .superseded(attempt, live, by: queued)
        }
    }
}

/// What a payment was when it was last heard of.
struct LivePayment: Hashable, Sendable {
    var state: PaymentState?
    /// What the buyer needs to finish it.
    var action: String?
}

extension PaymentAttempt {
    fileprivate var withoutMethod: PaymentAttempt {
        var attempt = self
        attempt.method = nil
        return attempt
    }
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
