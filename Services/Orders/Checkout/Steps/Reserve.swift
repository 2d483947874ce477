import Contracts
import FoundationEssentials
import RPC
import Saga
import Wire

/// Takes the stock.
struct Reserve: StepCall {
    let inventory: any Caller

    var peer: String? { "inventory" }

    func ask(_ checkout: Checkout, _ terms: CallTerms) async throws -> StepAnswer<HoldReply> {
        let request = ReserveRequest(
            holdId: checkout.holdID, eventId: checkout.eventID, owner: checkout.owner,
            lines: checkout.items, ttlMs: checkout.holdTtlMs,
            fence: checkout.mode == .stepwise
                ? nil : Fence(orderId: checkout.id, epoch: terms.epoch),
            reference: HoldReference(kind: .checkout, id: checkout.id))
        var options = terms.options
        options.actor = checkout.buyer
        return .done(try await inventory.call(InventoryAPI.reserve, request, options))
    }

    func done(_ hold: HoldReply, _ decision: inout CheckoutDecision) {
        if decision.checkout.state == .cancelling {
            soldBefore(hold, &decision)
        } else {
            reserved(hold, &decision)
        }
    }

    /// Stock is fenced: its price is the promise from here on. A replay answers the same, so this
    /// waits for the payment's answer to be committed with it. Asked by a later process it may
    /// find the hold consumed: then payment and sale are replayed too.
    private func reserved(_ hold: HoldReply, _ decision: inout CheckoutDecision) {
        let isSold = hold.state == .consumed
        guard !isSold || decision.mayBeBehindPeers else {
            return decision.park("the hold was consumed before it was paid")
        }
        if !isSold, decision.checkout.isCancelRequested, !decision.isFollowed {
            return decision.calledOff()
        }
        // What is sold was sold before anybody heard of a cancellation, and stays sold.
        if isSold { decision.checkout.isCancelRequested = false }
        decision.checkout.lines = hold.lines
        let isStepwise = decision.checkout.mode == .stepwise
        if isStepwise, hold.state == .expired { return decision.timeIsOver() }
        if hold.state == .released { return decision.giveUp(hold.givenBack, from: .reserve) }
        guard hold.state == (isStepwise ? .active : .committing) || isSold,
            let totals = decision.checkout.totals
        else {
            let problem = RPCError(
                .holdState, "the hold is \(hold.state.word)",
                detail: ["state": .text(hold.state.word)])
            return decision.giveUp(problem, from: .reserve)
        }
        if let expected = decision.checkout.expectedTotal, expected != totals.total {
            let problem = RPCError(
                .priceChanged,
                "the total is \(totals.total.text), not \(expected.text); detail has both in minor "
                    + "units",
                detail: ["expected": .of(expected), "actual": .of(totals.total)])
            return decision.giveUp(problem, from: .reserve)
        }
        guard !isStepwise else {
            decision.move(to: .reserved)
            return decision.waitForBuyer(hold)
        }
        let isFree = decision.checkout.isFree
        guard isFree || decision.checkout.provider != nil else {
            let problem = RPCError.invalid([PurchaseRules.providerNeeded])
            return decision.giveUp(problem, from: .reserve)
        }
        decision.move(to: .committing)
        decision.goOn(with: isFree ? CheckoutStep.consume : .pay)
        decision.mayDefer = true
    }

    /// Release was refused as HOLD_CONSUMED: a process before this one had sold it, and what is
    /// left is to say so.
    private func soldBefore(_ hold: HoldReply, _ decision: inout CheckoutDecision) {
        guard hold.state == .consumed else {
            return decision.park("the hold is \(hold.state.word), and was CONSUMED")
        }
        decision.checkout.lines = hold.lines
        decision.checkout.problem = nil
        decision.checkout.owed = nil
        decision.checkout.isCancelRequested = false
        decision.move(to: .committing)
        decision.goOn(with: decision.checkout.isFree ? CheckoutStep.consume : .pay)
    }

    func refused(_ error: RPCError, _ decision: inout CheckoutDecision) {
        if decision.checkout.state == .cancelling {
            decision.park(refusing: error)
        } else if decision.mayBeBehindPeers {
            decision.giveUp(Self.asAsked(error), from: .reserve)
        } else if error.reason == .idempotencyConflict {
            // This database has forgotten a purchase of the same id, which may be paid.
            decision.park(refusing: error)
        } else {
            decision.checkout.problem = Problem(error: Self.asAsked(error))
            decision.move(to: .rejected)
        }
    }

    func unanswered(_ position: SagaPosition, _ decision: inout CheckoutDecision) {
        if isCalledOff(decision.checkout) { decision.calledOff() }
    }

    /// The call may still arrive: its undo comes next, and leaves a tombstone for it.
    func givenUp(
        _ error: RPCError, at position: SagaPosition, retryInMs: Int64,
        _ decision: inout CheckoutDecision
    ) {
        if isCalledOff(decision.checkout) { return decision.calledOff() }
        guard decision.checkout.state != .cancelling else {
            // It is sold, and only its price is asked for.
            return decision.pause(position.again, ms: retryInMs)
        }
        let problem = RPCError(
            .notReservedInTime, "Inventory could not be asked in time: \(error.reason.name)",
            executed: false)
        decision.giveUp(problem, from: .reserve)
    }

    private func isCalledOff(_ checkout: Checkout) -> Bool {
        checkout.state == .new && checkout.isCancelRequested
    }

    /// Inventory's refusal in the words of who asked Orders.
    private static func asAsked(_ error: RPCError) -> RPCError {
        if error.reason == .openHoldExists, let reference = error.detail["reference"],
            reference["kind"] == .text(HoldReferenceKind.checkout.word),
            case .id(let checkout)? = reference["id"]
        {
            return RPCError(
                .openCheckoutExists, "the owner has an open checkout of this event",
                detail: ["checkoutId": .id(checkout)])
        }
        return error
    }
}

/// Gives the stock back.
struct Release: StepCall {
    let inventory: any Caller

    var peer: String? { "inventory" }

    func ask(_ checkout: Checkout, _ terms: CallTerms) async throws -> StepAnswer<HoldReply> {
        let request = ReleaseHoldRequest(
            holdId: checkout.holdID, reason: .saga,
            fence: Fence(orderId: checkout.id, epoch: terms.epoch))
        return .done(try await inventory.call(InventoryAPI.releaseHold, request, terms.options))
    }

    /// The stock is free again. What Reserve refused, to this process and to the one before it,
    /// never held any.
    func done(_ hold: HoldReply, _ decision: inout CheckoutDecision) {
        decision.checkout.isHoldReleased = true
        switch decision.checkout.state {
        case .cancelling where decision.checkout.owed != nil: decision.owe()
        case .cancelling where hold.state == .refused && decision.checkout.problem != nil:
            decision.move(to: .rejected)
        case .cancelling: decision.move(to: .cancelled)
        case .expiring: decision.move(to: .expired)
        default: decision.refundedOrReleasing()
        }
    }

    func refused(_ error: RPCError, _ decision: inout CheckoutDecision) {
        if error.reason == .holdConsumed, decision.checkout.isStockUnknown {
            // A process before this one sold the hold, and died before it committed that.
            decision.goOn(with: CheckoutStep.reserve)
        } else {
            decision.park(refusing: error)
        }
    }
}

extension Value {
    fileprivate static func of(_ money: Money) -> Value {
        ["amount": .integer(money.amount), "currency": .text(money.currency.code)]
    }
}
