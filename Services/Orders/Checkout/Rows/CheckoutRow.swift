import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Saga
import Storage
import Wire

extension Checkout: SagaRow {
    static let table = TableLayout("checkout", of: Self.self)

    var key: UUID { id }

    @inline(__always)
    init(_ c: some ColumnWalk, _ it: Written<Checkout>) {
        id = c("checkout_id", it) { $0.id }
        owner = c("owner", it) { $0.owner }
        contact = Contact(
            email: c("email", it) { $0.contact.email }, name: c("name", it) { $0.contact.name })
        eventID = c("event_id", it) { $0.eventID }
        items = c("items", it, as: Packed.Items.self) { $0.items }
        provider = c("provider", it) { $0.provider }
        paymentMethod = c("payment_method", it) { $0.paymentMethod }
        methodPrint = c("method_print", it) { $0.methodPrint }
        let expected = c("expected_minor", it) { $0.expectedTotal?.amount }
        let expectedIn = c("expected_currency", it) { $0.expectedTotal?.currency.code }
        expectedTotal = expected.flatMap { amount in
            expectedIn.map { Money(amount, Currency($0)) }
        }
        buyer = c("buyer", it, as: Maybe<Packed.Buyer>.self) { $0.buyer }
        createdAt = c("created_at", it) { $0.createdAt }
        state = c("state", it) { $0.state }
        step = SagaPosition.walk(c, it) { $0.step }
        nextRunAt = c("next_run_at", it) { $0.nextRunAt }
        epoch = c("epoch", it) { $0.epoch }
        lines = c("lines", it, as: Packed.Lines.self) { $0.lines }
        holdExpiresAt = c("hold_expires_at", it) { $0.holdExpiresAt }
        isHoldReleased = c("is_hold_released", it) { $0.isHoldReleased }
        let action = c("payment_action", it) { $0.payment.live?.action }
        paymentError = c("payment_error", it) { $0.paymentError }
        let owedMinor = c("owed_minor", it) { $0.owed?.amount }
        isRefundSettled = c("is_refund_settled", it) { $0.isRefundSettled }
        problem = c("problem", it, as: Maybe<Packed.ProblemOfPurchases>.self) { $0.problem }
        trouble = c("trouble", it) { $0.trouble }
        let parkReason = c("park_reason", it) { $0.parked?.reason }
        let parkedFrom = c("parked_from", it) { $0.parked?.from }
        parked = parkReason.map { Parked(from: parkedFrom ?? .new, reason: $0) }
        paidAt = c("paid_at", it) { $0.paidAt }
        endedAt = c("ended_at", it) { $0.endedAt }
        stepCount = c("step_count", it) { $0.stepCount }
        version = c("version", it) { $0.version }
        let owedIn = c("owed_currency", it) { $0.owed?.currency.code }.map { Currency($0) }
        mode = c("way", it) { $0.mode }
        holdTtlMs = c("hold_ttl_ms", it) { $0.holdTtlMs }
        let made = c("attempt_made", it, as: Maybe<Packed.Attempt>.self) { $0.payment.attempt }
        let queued = c("attempt_queued", it, as: Maybe<Packed.Attempt>.self) { $0.payment.queued }
        let isLive = c("is_payment_live", it) { $0.payment.live != nil }
        let isSuperseded = c("is_superseded", it) { $0.payment.isSuperseded }
        let heard = LivePayment(
            state: c("payment_state", it) { $0.payment.live?.state }, action: action)
        payment =
            !isLive
            ? .idle(last: made)
            : isSuperseded ? .superseded(made, heard, by: queued) : .live(made, heard)
        isCancelRequested = c("is_cancel_requested", it) { $0.isCancelRequested }
        keyNumber = c("key_number", it, as: KeyNumber.self) { $0.keyNumber }
        ownerKind = c("owner_kind", it) { $0.ownerKind }
        issued = c("issued", it) { $0.issued }
        owed = owedMinor.map { Money($0, owedIn ?? currency) }
    }
}

extension PurchaseMode: Bindable {
    static var nothing: PurchaseMode { .oneCall }
}
