import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Saga
import Support

@testable import Orders

/// Rows and replies to try the rules with.
enum Sample {
    static let start = Instant(milliseconds: 1_800_000_000_000)
    static let euro = Currency("EUR")
    static let saga = PurchaseSaga(
        inventory: Nobody(), payments: Nobody(), awaited: AwaitedPayments(), log: .silent)

    private static let random = SeededRandom(seed: 9)
    static func id() -> UUID { random.uuidV7(at: start) }

    static let types = [id(), id()].sorted()
    static let event = id()

    static func request(
        id: UUID = id(), price: Money? = nil, method: String? = "sim_ok",
        provider: String? = "sim", quantity: Int64 = 2
    ) -> PurchaseRequest {
        PurchaseRequest(
            purchaseId: id, owner: "ann", contact: Contact(email: "ann@example.org", name: "Ann"),
            eventId: event,
            items: [HoldLine(ticketTypeId: types[0], quantity: quantity)], provider: provider,
            paymentMethod: method, expectedTotal: price)
    }

    /// In one call: one that costs something, one with an expected price, one without a provider.
    /// Then three that are paid step by step.
    static let firstRows: [Checkout] =
        [
            request(), request(price: Money(9_999, euro)), request(method: nil, provider: nil),
        ].map { PurchaseRules.checkout($0, epoch: 1, now: start) }
        + [
            stepwiseRequest(), stepwiseRequest(price: Money(9_999, euro)),
            stepwiseRequest(owner: "free"),
        ].map {
            PurchaseRules.checkout($0, epoch: 1, now: start)
        }

    static func stepwiseRequest(
        id: UUID = id(), price: Money? = nil, owner: String = "ann"
    ) -> CreateCheckoutRequest {
        CreateCheckoutRequest(
            checkoutId: id, owner: owner, contact: Contact(email: "ann@example.org"),
            eventId: event, items: [HoldLine(ticketTypeId: types[0], quantity: 2)],
            expectedTotal: price)
    }

    private static let attempts = [id(), id(), id()]

    /// What a buyer may do now: begin to pay in one step or two, or on the provider's page, begin
    /// anew, call it off.
    static func buyersChoices(_ checkout: Checkout) -> [Checkout] {
        let modes: [(CaptureMode, String?)] = [
            (.sale, "sim_ok"), (.authCapture, "sim_ok"), (.sale, nil),
        ]
        let starts = zip(attempts, modes).compactMap { attempt, how in
            try? BuyerRules.start(
                StartPaymentRequest(
                    checkoutId: checkout.id, attemptId: attempt, provider: "sim",
                    captureMode: how.0, paymentMethod: how.1), checkout, now: start)
        }
        return starts + [(try? BuyerRules.cancel(checkout, now: start)) ?? nil].compactMap(\.self)
    }

    /// What Inventory's feed may tell of its hold now.
    static func news(_ checkout: Checkout) -> [Checkout] {
        let facts: [(String, ReleaseReason?)] = [
            (InventoryFact.holdReleased, .replaced), (InventoryFact.holdReleased, .saga),
            (InventoryFact.holdExpired, nil),
        ]
        return facts.compactMap { kind, reason in
            HeardRules.hear(
                kind,
                HoldFact(holdId: checkout.holdID, eventId: event, orderId: nil, reason: reason),
                checkout, now: start)
        }
    }

    static func hold(_ checkout: Checkout, _ state: HoldState) -> HoldReply {
        let share: Int64 = checkout.owner == "free" ? 0 : 1
        let lines = checkout.items.map {
            PricedLine(
                ticketTypeId: $0.ticketTypeId, name: "Stalls", quantity: $0.quantity,
                unitPrice: Money(share * 5_000, euro),
                fee: Money(share * 100 * $0.quantity, euro), tax: Money(share * 969, euro))
        }
        return HoldReply(
            holdId: checkout.holdID, state: state, eventId: checkout.eventID,
            owner: checkout.owner, purpose: .checkout, lines: lines, createdAt: start,
            expiresAt: start.advanced(byMs: 900_000),
            expiresInMs: state == .active ? 120_000 : nil, maxExpiresAt: nil, extensions: 0,
            orderId: checkout.id, reclaimed: false)
    }

    static func payment(
        _ checkout: Checkout, _ state: PaymentState, captured: Money? = nil
    ) -> PaymentReply {
        PaymentReply(
            paymentId: checkout.paymentID, checkoutId: checkout.id, state: state, attempt: 1,
            amount: checkout.totals?.total, authorised: nil, captured: captured, refunded: nil,
            fee: nil, provider: "sim", captureMode: .sale, clientSecret: nil, lastError: nil,
            createdAt: start, version: 1)
    }

    static func refund(_ checkout: Checkout) -> RefundReply {
        RefundReply(
            refundId: checkout.refundID, paymentId: checkout.paymentID, checkoutId: checkout.id,
            amount: Money(1, euro), kind: .compensation, state: .succeeded, attempt: 1,
            lastError: nil, createdAt: start, settledAt: start)
    }
}

// Whatever may become of a call, as reports of it.
extension Sample {
    /// Every answer that its peer could give to the call of a checkout, likely or not.
    static func reports(
        _ checkout: Checkout, answers: [any StepReply], refusals: [RPCError]
    ) -> [CallReport<Checkout>] {
        guard let position = checkout.position, let step = saga.step(named: position.step),
            let call = step.call(position.direction)
        else { return [] }
        return answers.flatMap { reports(position, call, $0) }
            + refusals.map { .refused(position, call, $0) }
            + [
                .unknown(
                    position, call, step.kind, RPCError(.unavailable, "gone"), retryInMs: 200),
                .slow(position, call),
            ]
    }

    private static func reports<Call: StepCall<Checkout>>(
        _ position: SagaPosition, _ call: Call, _ answer: any StepReply
    ) -> [CallReport<Checkout>] {
        guard let reply = answer as? Call.Reply else { return [] }
        let done = CallReport.answered(position, call, .done(reply))
        return reply is HoldReply
            ? [done] : [done, .answered(position, call, .waiting(reply))]
    }

    /// The answer to a call. Nil when its peer could not give it.
    static func done(_ position: SagaPosition, _ answer: any StepReply) -> CallReport<Checkout>? {
        saga.step(named: position.step)?.call(position.direction).flatMap {
            reports(position, $0, answer).first
        }
    }

    static func refused(_ position: SagaPosition, _ error: RPCError) -> CallReport<Checkout>? {
        saga.step(named: position.step)?.call(position.direction).map {
            .refused(position, $0, error)
        }
    }

    static func unknown(
        _ position: SagaPosition, retryInMs: Int64 = 200
    ) -> CallReport<Checkout>? {
        guard let step = saga.step(named: position.step), let call = step.call(position.direction)
        else { return nil }
        return .unknown(
            position, call, step.kind, RPCError(.unavailable, "gone"), retryInMs: retryInMs)
    }
}

/// A peer that is never asked.
struct Nobody: Caller {
    func call<Request, Reply>(
        _ method: Method<Request, Reply>, _ request: Request, _ options: CallOptions
    ) async throws -> Reply {
        throw RPCError(.unavailable, "nobody is there")
    }
}
