public import Contracts

/// What a buyer does, asking every call again under the same ids until it is answered.
public enum CrashScript: String, CaseIterable, Sendable {
    /// All in one call.
    case short
    /// In one call, more tickets than one commit issues.
    case large
    /// Reserves, then pays in two steps.
    case long
    /// In one call, by a card that is declined.
    case declined
    /// In one call, by money that takes a while: the hold is opened again meanwhile.
    case opened
    /// Pays by money that takes a while.
    case waiting
    /// Begins to pay, then pays by another method.
    case superseded
    /// Begins to pay, then calls it off.
    case cancelled
    /// Reserves and never comes back.
    case expired
    /// Calls it off when the money has been taken.
    case refunded

    public var end: CheckoutState {
        switch self {
        case .short, .large, .long, .opened, .waiting, .superseded: .completed
        case .declined, .cancelled: .cancelled
        case .expired: .expired
        case .refunded: .refunded
        }
    }

    public var quantity: Int64 { self == .large ? 1_200 : 2 }

    /// Returns once the buyer has done their part.
    public func run(_ buyer: CrashBuyer) async throws {
        switch self {
        case .short: try await buyer.purchase("sim_ok")
        case .large: try await buyer.purchase("sim_ok", quantity: quantity)
        case .declined: try await buyer.purchase("sim_declined")
        case .opened: try await buyer.purchase("sim_late")
        case .long:
            // So short that it is extended for the payment.
            try await buyer.reserve(holdTtlMs: 60_000)
            try await buyer.pay("sim_ok", .authCapture)
        case .waiting:
            try await buyer.reserve()
            try await buyer.pay("sim_late", .sale)
        case .superseded:
            try await buyer.reserve()
            try await buyer.pay(nil, .authCapture)
            try await buyer.pay("sim_ok", .sale)
        case .cancelled:
            try await buyer.reserve()
            try await buyer.pay(nil, .authCapture)
            // Waits for the end, so that the answer comes after all that is undone.
            try await buyer.cancel(waitMs: 10_000)
        case .expired: try await buyer.reserve(holdTtlMs: 1_000)
        case .refunded:
            try await buyer.reserve()
            // The money comes after 300 ms, and is first looked for after a second.
            try await buyer.pay("sim_late", .sale)
            try await buyer.pass(ms: 400)
            try await buyer.cancel()
        }
    }
}
