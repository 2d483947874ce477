import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Saga
import Text
import Wire

/// A purchase, read from the top: reserve, pay, consume, each next to what takes it back.
struct PurchaseSaga: Sendable {
    let inventory: any Caller
    let payments: any Caller

    /// Time that a buyer has for what the provider asks of them. It is part of the payment's
    /// content, so a replay must say the same.
    private static let paymentExpiresInMs: Int64 = 900_000
    /// When a step takes longer, what those before it came to is committed alone, and the buyer
    /// sees it: reserved, or paid.
    private static let patienceMs: Int64 = 50

    var steps: Saga<Checkout, PeerReply> {
        [
            .reversible(StepName.reserve) { checkout, call in
                .done(.hold(try await reserve(checkout, call)))
            } undo: { checkout, call in
                .done(.hold(try await release(checkout, call)))
            },
            .pivot(StepName.pay, patienceMs: Self.patienceMs) { checkout, call in
                try Self.outcome(await pay(checkout, call), of: checkout)
            } undo: { checkout, call in
                .done(.payment(try await void(checkout, call)))
            },
            .certain(StepName.consume, patienceMs: Self.patienceMs) { checkout, call in
                .done(.hold(try await consume(checkout, call)))
            },
        ]
    }

    /// The steps that not every purchase takes: those of a buyer who goes step by step, then those
    /// around late and failed payments.
    var asides: [Step<Checkout, PeerReply>] {
        [
            .certain(StepName.buyer) { checkout, call in
                .done(.hold(try await look(checkout, call)))
            },
            .certain(StepName.extend) { checkout, call in
                .done(.hold(try await extend(checkout, call)))
            },
            .certain(StepName.start, patienceMs: Self.patienceMs) { checkout, call in
                try Self.outcome(await create(checkout, call), of: checkout)
            },
            .certain(StepName.supersede) { checkout, call in
                .done(.payment(try await void(checkout, call)))
            },
            .certain(StepName.reopen) { checkout, call in
                .done(.hold(try await reopen(checkout, call)))
            },
            .certain(StepName.poll) { checkout, call in
                try Self.outcome(await poll(checkout, call), of: checkout)
            },
            .certain(StepName.fence, patienceMs: Self.patienceMs) { checkout, call in
                .done(.hold(try await fence(checkout, call)))
            },
            .certain(StepName.refund) { checkout, call in
                try Self.outcome(await refund(checkout, call))
            },
        ]
    }

    // MARK: Inventory

    private func reserve(_ checkout: Checkout, _ call: SagaCall) async throws -> HoldReply {
        let request = ReserveRequest(
            holdId: checkout.holdID, eventId: checkout.eventID, owner: checkout.owner,
            lines: checkout.items, ttlMs: checkout.holdTtlMs,
            fence: checkout.way == .long
                ? nil : Fence(orderId: checkout.id, epoch: call.epoch),
            reference: HoldReference(kind: .checkout, id: checkout.id))
        var options = call.options
        options.actor = checkout.buyer
        return try await inventory.call(InventoryAPI.reserve, request, options)
    }

    private func release(_ checkout: Checkout, _ call: SagaCall) async throws -> HoldReply {
        let request = ReleaseHoldRequest(
            holdId: checkout.holdID, reason: .saga,
            fence: Fence(orderId: checkout.id, epoch: call.epoch))
        return try await inventory.call(InventoryAPI.releaseHold, request, call.options)
    }

    private func consume(_ checkout: Checkout, _ call: SagaCall) async throws -> HoldReply {
        let request = ConsumeHoldRequest(holdId: checkout.holdID, orderId: checkout.id)
        return try await inventory.call(InventoryAPI.consumeHold, request, call.options)
    }

    private func look(_ checkout: Checkout, _ call: SagaCall) async throws -> HoldReply {
        let request = GetHoldRequest(holdId: checkout.holdID)
        return try await inventory.call(InventoryAPI.getHold, request, call.options)
    }

    private func extend(_ checkout: Checkout, _ call: SagaCall) async throws -> HoldReply {
        let request = ExtendHoldRequest(
            holdId: checkout.holdID, atLeastMs: CheckoutRules.payingTimeMs)
        return try await inventory.call(InventoryAPI.extendHold, request, call.options)
    }

    private func reopen(_ checkout: Checkout, _ call: SagaCall) async throws -> HoldReply {
        let request = ReopenHoldRequest(
            holdId: checkout.holdID, orderId: checkout.id, epoch: call.epoch)
        return try await inventory.call(InventoryAPI.reopenHold, request, call.options)
    }

    /// A payment that came late may take free stock again; the event's policy may say no.
    private func fence(_ checkout: Checkout, _ call: SagaCall) async throws -> HoldReply {
        let request = BeginCommitRequest(
            holdId: checkout.holdID, orderId: checkout.id, epoch: call.epoch, allowReclaim: true)
        return try await inventory.call(InventoryAPI.beginCommit, request, call.options)
    }

    // MARK: Payments

    /// Takes the money: what was authorised, or all in one step.
    private func pay(_ checkout: Checkout, _ call: SagaCall) async throws -> PaymentReply {
        if checkout.isCalledOffInTime(for: call.epoch) { throw CheckoutRules.calledOffInTime }
        guard checkout.captureMode == .authCapture, let total = checkout.totals?.total else {
            return try await create(checkout, call)
        }
        let request = CapturePaymentRequest(paymentId: checkout.paymentID, amount: total)
        return try await payments.call(PaymentsAPI.capturePayment, request, call.options)
    }

    private func create(_ checkout: Checkout, _ call: SagaCall) async throws -> PaymentReply {
        let attempt = checkout.attempt
        guard let total = checkout.totals?.total,
            let provider = attempt?.provider ?? checkout.provider
        else { throw RPCError.invalid([PurchaseRules.providerNeeded]) }
        let request = CreatePaymentRequest(
            paymentId: checkout.paymentID, checkoutId: checkout.id, eventId: checkout.eventID,
            owner: checkout.owner, amount: total, provider: provider,
            captureMode: checkout.captureMode,
            paymentMethod: attempt == nil ? checkout.paymentMethod : attempt?.method,
            expiresInMs: Self.paymentExpiresInMs)
        return try await payments.call(PaymentsAPI.createPayment, request, call.options)
    }

    private func void(_ checkout: Checkout, _ call: SagaCall) async throws -> PaymentReply {
        let request = VoidPaymentRequest(
            paymentId: checkout.paymentID, checkoutId: checkout.id, reason: checkout.state.word)
        return try await payments.call(PaymentsAPI.voidPayment, request, call.options)
    }

    private func poll(_ checkout: Checkout, _ call: SagaCall) async throws -> PaymentReply {
        let request = RefreshPaymentRequest(paymentId: checkout.paymentID)
        return try await payments.call(PaymentsAPI.refreshPayment, request, call.options)
    }

    private func refund(_ checkout: Checkout, _ call: SagaCall) async throws -> RefundReply {
        let request = RefundPaymentRequest(
            refundId: checkout.refundID, paymentId: checkout.paymentID,
            amount: checkout.owed ?? Money(0, checkout.currency), kind: .compensation,
            reason: "no ticket could be given")
        return try await payments.call(PaymentsAPI.refundPayment, request, call.options)
    }

    /// What a payment's state means to the step that asked for it. An authorisation is what a
    /// payment in two steps begins with. A failed try leaves the payment open: on the long way the
    /// buyer may try once more on the provider's page.
    private static func outcome(
        _ payment: PaymentReply, of checkout: Checkout
    ) throws -> StepAnswer<PeerReply> {
        switch payment.state {
        case .captured where payment.isKept: return .done(.payment(payment))
        case .authorised where checkout.state != .committing: return .done(.payment(payment))
        case .captured: throw declined(payment, as: .voided)
        case .failedFinal, .voided: throw declined(payment, as: payment.state)
        case .created where payment.lastError != nil && checkout.way == .short:
            throw declined(payment, as: payment.state)
        default: return .waiting(.payment(payment))
        }
    }

    private static func declined(_ payment: PaymentReply, as state: PaymentState) -> RPCError {
        RPCError(
            .declined, "the payment is \(state.word)",
            detail: [
                "reason": .text(payment.lastError ?? state.word),
                "retryable": .bool(state == .created), "state": .text(state.word),
            ])
    }

    private static func outcome(_ refund: RefundReply) throws -> StepAnswer<PeerReply> {
        switch refund.state {
        case .succeeded: return .done(.refund(refund))
        case .parked:
            throw RPCError(
                .paymentState,
                "the provider refuses the refund: \((refund.lastError ?? "unknown").quoted)",
                detail: ["state": .text(refund.state.word)])
        default: return .waiting(.refund(refund))
        }
    }
}

extension SagaCall {
    fileprivate var options: CallOptions { CallOptions(timeoutMs: timeoutMs) }
}
