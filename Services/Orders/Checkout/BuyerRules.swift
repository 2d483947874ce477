import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Saga
import Text
import Wire

/// The moves of a buyer who pays step by step. Pure: the row after, or the refusal.
enum BuyerRules {
    /// A checkout whose call is under way is looked at by the scan only when it takes longer.
    static func underWay(_ now: Instant) -> Instant {
        now.advanced(byMs: CheckoutDecision.underWayMs)
    }

    static func attempt(_ request: StartPaymentRequest, _ provider: String) -> PaymentAttempt {
        PaymentAttempt(
            id: request.attemptId,
            // In capitals, as ever: ids of payments that exist derive from it.
            paymentID: .derived(from: request.checkoutId, "pay \(request.attemptId.uuidString)"),
            provider: provider, captureMode: request.captureMode ?? .authCapture,
            method: request.paymentMethod,
            methodPrint: PurchaseRules.methodPrint(request.paymentMethod, of: request.attemptId))
    }

    static func check(_ request: StartPaymentRequest) throws {
        guard request.paymentMethod == nil || request.provider != nil else {
            throw RPCError.invalid("provider", "is needed with a paymentMethod")
        }
    }

    /// The request that began an attempt, as one that comes again must say it.
    static func request(
        of attempt: PaymentAttempt, asked request: StartPaymentRequest
    ) -> StartPaymentRequest {
        let asked = self.attempt(request, request.provider ?? "")
        let isSameProvider = asked.provider.isSame(as: attempt.provider)
        return StartPaymentRequest(
            checkoutId: request.checkoutId, attemptId: attempt.id,
            provider: request.provider.asKept(ifSame: isSameProvider),
            captureMode: asked.captureMode == attempt.captureMode
                ? request.captureMode : attempt.captureMode,
            paymentMethod: request.paymentMethod.asKept(
                ifSame: asked.methodPrint == attempt.methodPrint),
            waitMs: request.waitMs)
    }

    /// A new attempt begins; the one before it is given up first, unless money may be coming of it.
    ///
    /// - Throws: `CHECKOUT_EXPIRED`, `CHECKOUT_STATE {state}`, `LIVE_PAYMENT_EXISTS {paymentId}`.
    static func start(
        _ request: StartPaymentRequest, _ checkout: Checkout, now: Instant
    ) throws -> Checkout {
        try refuseExpired(checkout)
        try refuseNewer(checkout)
        if checkout.state == .committing, checkout.payment.live != nil {
            throw liveExists(checkout)
        }
        guard checkout.state == .reserved || checkout.state == .paying else {
            throw refusal(checkout)
        }
        var checkout = checkout
        checkout.nextRunAt = underWay(now)
        if checkout.isFree {
            checkout.step = SagaPosition(CheckoutStep.fence)
            return checkout
        }
        guard let provider = request.provider else {
            throw RPCError.invalid([PurchaseRules.providerNeeded])
        }
        let attempt = attempt(request, provider)
        guard let live = checkout.payment.live else {
            checkout.payment = .live(attempt, LivePayment())
            checkout.paymentError = nil
            checkout.step = SagaPosition(CheckoutStep.extend)
            return checkout
        }
        // While it only waits for the buyer, they may change their mind.
        guard checkout.payment.queued == nil, checkout.at == .poll,
            live.state == .created || live.state == .requiresAction
        else { throw liveExists(checkout) }
        checkout.payment.supersede(by: attempt)
        checkout.step = SagaPosition(CheckoutStep.supersede)
        return checkout
    }

    /// The buyer calls it off. While money is being taken, or may be, that is only noted: the saga
    /// obeys it as long as it has not asked for the money.
    ///
    /// - Returns: nil when there is nothing to change.
    /// - Throws: `TOO_LATE_USE_REFUND {orderId}`, `CHECKOUT_STATE {state}`.
    static func cancel(_ checkout: Checkout, now: Instant) throws -> Checkout? {
        try refuseNewer(checkout)
        var cancelled = checkout
        switch checkout.state {
        case .paid, .completed:
            throw RPCError(
                .tooLateUseRefund, "the order is paid; this version cannot give its money back",
                detail: ["orderId": .id(checkout.id)])
        case .new where checkout.mode == .oneCall, .committing:
            guard !checkout.isCancelRequested else { return nil }
            cancelled.isCancelRequested = true
        case .new, .reserved, .paying: cancelled.callOff(now)
        case .parked: throw refusal(checkout)
        default: return nil
        }
        return cancelled
    }

    static func refuseExpired(_ checkout: Checkout) throws {
        guard checkout.state == .expiring || checkout.state == .expired else { return }
        throw RPCError(.checkoutExpired, "the time to pay is over; reserve again")
    }

    /// A step of a newer release can be undone only by an instance of that release.
    private static func refuseNewer(_ checkout: Checkout) throws {
        guard let step = checkout.step?.step, checkout.at == nil else { return }
        throw RPCError(
            .unavailable,
            "the checkout is at the step \(step) of a newer release; ask another "
                + "instance, or again once this one is upgraded", executed: false)
    }

    private static func liveExists(_ checkout: Checkout) -> RPCError {
        RPCError(
            .livePaymentExists, "a payment of this checkout is under way",
            detail: ["paymentId": .id(checkout.paymentID)])
    }

    private static func refusal(_ checkout: Checkout) -> RPCError {
        RPCError(
            .checkoutState, "the checkout is \(checkout.state.word)",
            detail: ["state": .text(checkout.state.word)])
    }
}
