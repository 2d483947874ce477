import Contracts
import FoundationEssentials
import RPC
import Saga
import Wire

/// Takes the money: captures what was authorised, or creates a payment that takes all in one step.
struct Pay: StepCall {
    let payments: any Caller

    var peer: String? { "payments" }
    var patienceMs: Int64? { PurchaseSaga.patienceMs }

    func ask(_ checkout: Checkout, _ terms: CallTerms) async throws -> StepAnswer<PaymentReply> {
        if checkout.isCalledOffInTime(for: terms.epoch) { throw Self.calledOffInTime }
        guard checkout.captureMode == .authCapture, let total = checkout.totals?.total else {
            return try await CreatePayment(payments: payments).ask(checkout, terms)
        }
        let request = CapturePaymentRequest(paymentId: checkout.paymentID, amount: total)
        return try await payments.call(PaymentsAPI.capturePayment, request, terms.options)
            .answer(to: checkout)
    }

    /// The saga's own refusal, in place of a call that would take money for a checkout that was
    /// called off.
    static let calledOffInTime = RPCError(
        code: .cancelled, reason: .cancelled, message: "called off before the money was asked for",
        outcome: .refused, executed: false, retryAfterMs: nil, detail: [:])

    /// Money is taken. It must be all of it, in the right currency (M-5).
    func done(_ payment: PaymentReply, _ decision: inout CheckoutDecision) {
        guard let total = decision.checkout.totals?.total, payment.captured == total else {
            decision.checkout.owed = payment.captured
            return decision.park("AMOUNT_MISMATCH")
        }
        decision.checkout.payment.live?.action = nil
        decision.checkout.paymentError = nil
        decision.goOn(with: CheckoutStep.consume)
        decision.mayDefer = true
    }

    /// A purchase in one call whose payment wants the buyer or time goes on step by step.
    func waiting(
        _ payment: PaymentReply, at position: SagaPosition, _ decision: inout CheckoutDecision
    ) {
        decision.end(position, "WAITING", payment.word)
        if decision.checkout.mode == .oneCall { decision.checkout.mode = .oneCallOpened }
        decision.checkout.payment.open(
            LivePayment(state: payment.state, action: payment.clientSecret))
        decision.checkout.paymentError = payment.trouble
        decision.move(to: .paying)
        decision.goOn(with: CheckoutStep.reopen)
    }

    /// Money could not be taken. Step by step the buyer may try again, unless they have called it
    /// off. A payment that has failed for good took nothing, so only stock goes back; one that
    /// the buyer might still repeat is voided first.
    func refused(_ error: RPCError, _ decision: inout CheckoutDecision) {
        guard !decision.isContradicted(by: error) else { return }
        if error == Self.calledOffInTime { return decision.calledOff() }
        let mayTryAgain =
            decision.checkout.mode != .oneCall && !decision.checkout.isCancelRequested
        if mayTryAgain {
            decision.endAttempt(error.isOfProvider ? .failed : .refused, error)
            decision.move(to: .paying)
            return decision.goOn(with: CheckoutStep.reopen)
        }
        decision.checkout.problem = Problem(error: error)
        decision.checkout.paymentError = PaymentTrouble(error).text
        decision.checkout.payment.live?.action = nil
        let isOver = [PaymentState.failedFinal, .voided].contains {
            error.detail["state"] == .text($0.word)
        }
        decision.move(to: .cancelling)
        decision.goOn(with: isOver ? CheckoutStep.reserve : .pay, .undo)
    }
}

/// Voids the payment.
struct VoidPayment: StepCall {
    let payments: any Caller

    var peer: String? { "payments" }

    func ask(_ checkout: Checkout, _ terms: CallTerms) async throws -> StepAnswer<PaymentReply> {
        let request = VoidPaymentRequest(
            paymentId: checkout.paymentID, checkoutId: checkout.id, reason: checkout.state.word)
        return .done(try await payments.call(PaymentsAPI.voidPayment, request, terms.options))
    }

    func done(_ payment: PaymentReply, _ decision: inout CheckoutDecision) {
        if payment.isKept {
            decision.checkout.owed = payment.captured
            capturedAfterAll(&decision)
        } else if decision.checkout.owed != nil {
            decision.park("the payment was captured, and is \(payment.word) now")
        } else {
            decision.goOn(with: CheckoutStep.reserve, .undo)
        }
    }

    func refused(_ error: RPCError, _ decision: inout CheckoutDecision) {
        guard error.reason == .alreadyCaptured else { return decision.park(refusing: error) }
        decision.checkout.owed = Money(capturedBy: error)
        capturedAfterAll(&decision)
    }

    /// It was to be voided, but the buyer had paid: an expired checkout gets its stock again if it
    /// is there; a cancelled one gets the money back.
    private func capturedAfterAll(_ decision: inout CheckoutDecision) {
        if decision.checkout.state == .expiring {
            decision.goOn(with: CheckoutStep.fence)
        } else if decision.checkout.isStockUnknown {
            // The tickets may be sold as well, and then the money must not go back.
            decision.goOn(with: CheckoutStep.reserve, .undo)
        } else {
            decision.owe()
        }
    }
}

extension RPCError {
    /// The provider said no; else the attempt was never made.
    fileprivate var isOfProvider: Bool {
        reason == .declined || reason == .authorisationExpired
    }
}

extension PaymentReply {
    /// What a payment's state means to the step that asked for it. What Payments itself refuses as
    /// DECLINED does not come here: the call throws it. An authorisation is what a payment in two
    /// steps begins with. A failed try leaves the payment open: step by step the
    /// buyer may try once more on the provider's page.
    func answer(to checkout: Checkout) throws -> StepAnswer<PaymentReply> {
        switch state {
        case .captured where isKept: return .done(self)
        case .authorised where checkout.state != .committing: return .done(self)
        case .captured: throw failedSince(as: .voided)
        case .failedFinal, .voided: throw failedSince(as: state)
        case .created where lastError != nil && checkout.mode == .oneCall:
            throw failedSince(as: state)
        default: return .waiting(self)
        }
    }

    /// For a payment that was answered and has failed since.
    private func failedSince(as state: PaymentState) -> RPCError {
        RPCError(
            .declined, "the payment is \(state.word)",
            detail: [
                "reason": .text(lastError ?? state.word),
                "retryable": .bool(state == .created), "state": .text(state.word),
            ])
    }

    /// What the provider said of the last attempt, as a checkout keeps it.
    var trouble: String? {
        lastError.map { PaymentTrouble(reason: Reason.declined.name, why: $0).text }
    }
}
