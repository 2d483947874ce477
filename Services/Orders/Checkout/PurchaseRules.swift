import Contracts
import Crypto
import FoundationEssentials
import Lifecycle
import RPC
import Saga
import Text
import Wire

/// What makes a request a new checkout, and what makes two requests the same purchase.
enum PurchaseRules {
    /// The row of a new purchase. It holds the intents of every step to come, because their ids
    /// derive from its own. Roles are not taken over: Orders calls its peers with its own.
    static func checkout(
        _ request: PurchaseRequest, buyer: Actor? = nil, epoch: Int64, now: Instant
    ) -> Checkout {
        Checkout(
            id: request.purchaseId, owner: request.owner, ownerKind: kind(of: buyer),
            contact: request.contact,
            eventID: request.eventId, items: sorted(request.items), provider: request.provider,
            paymentMethod: request.paymentMethod,
            methodPrint: methodPrint(request.paymentMethod, of: request.purchaseId),
            expectedTotal: request.expectedTotal,
            buyer: buyer.map { Actor(id: $0.id, kind: $0.kind, entitlements: $0.entitlements) },
            holdTtlMs: nil, createdAt: now, mode: .oneCall,
            step: SagaPosition(CheckoutStep.reserve),
            nextRunAt: now.advanced(byMs: CheckoutDecision.underWayMs),
            epoch: epoch)
    }

    /// The row of a new checkout that is paid step by step.
    static func checkout(
        _ request: CreateCheckoutRequest, buyer: Actor? = nil, epoch: Int64, now: Instant
    ) -> Checkout {
        Checkout(
            id: request.checkoutId, owner: request.owner, ownerKind: kind(of: buyer),
            contact: request.contact,
            eventID: request.eventId, items: sorted(request.items), provider: nil,
            paymentMethod: nil, methodPrint: nil, expectedTotal: request.expectedTotal,
            buyer: buyer.map { Actor(id: $0.id, kind: $0.kind, entitlements: $0.entitlements) },
            holdTtlMs: request.holdTtlMs, createdAt: now, mode: .stepwise,
            step: SagaPosition(CheckoutStep.reserve),
            nextRunAt: now.advanced(byMs: CheckoutDecision.underWayMs),
            epoch: epoch)
    }

    /// Staff and gateways buy for others, whose kind they do not say.
    private static func kind(of buyer: Actor?) -> String {
        buyer.flatMap { $0.isBuyer ? $0.kind : nil } ?? ""
    }

    /// A checkout that this database never knew: its stock or money was found at a peer after a
    /// restore. It goes straight to giving both back; once its tickets are sold, only a human can
    /// say who has them.
    static func adopted(
        _ id: UUID, _ hold: HoldReply?, paidBy payment: UUID?, epoch: Int64, now: Instant
    ) -> Checkout {
        let lines = hold?.lines ?? []
        // Without a hold its event is not known, and nothing asks for it.
        var checkout = Checkout(
            id: id, owner: hold?.owner ?? "unknown", ownerKind: hold?.owner == nil ? "nobody" : "",
            contact: Contact(email: "unknown"),
            eventID: hold?.eventId ?? id,
            items: lines.map { HoldLine(ticketTypeId: $0.ticketTypeId, quantity: $0.quantity) },
            provider: nil, paymentMethod: nil, methodPrint: nil, expectedTotal: nil, buyer: nil,
            holdTtlMs: nil, createdAt: now, mode: .oneCall,
            step: SagaPosition(CheckoutStep.pay, .undo),
            nextRunAt: now, epoch: epoch)
        checkout.state = .cancelling
        checkout.lines = lines
        // The payment that was found is given up, whether it was a purchase's or an attempt's.
        checkout.payment = .idle(
            last: payment.map {
                PaymentAttempt(
                    id: $0, paymentID: $0, provider: "unknown", captureMode: .sale,
                    methodPrint: nil)
            })
        checkout.problem = Problem(
            error: RPCError(.checkoutForgotten, "this database did not know the checkout"))
        guard hold?.state == .consumed else { return checkout }
        checkout.park("adopted, but its tickets are sold")
        return checkout
    }

    /// What the field table cannot say.
    static func check(_ request: PurchaseRequest) throws {
        var problems = problems(in: request.items)
        if request.paymentMethod != nil, request.provider == nil {
            problems.append(
                FieldProblem(field: "provider", problem: "is needed with a paymentMethod"))
        }
        if request.provider == nil, request.expectedTotal?.amount ?? 0 != 0 {
            problems.append(providerNeeded)
        }
        guard problems.isEmpty else { throw RPCError.invalid(problems) }
    }

    /// The limit of tickets holds for new purchases alone: one that was made under a higher limit
    /// is still answered when it is asked for again.
    ///
    /// - Throws: `QUANTITY_OUT_OF_RANGE`.
    static func checkTotal(of items: [HoldLine]) throws {
        if let refusal = Bounds.refusal(ofTickets: items, in: "items") { throw refusal }
    }

    static let providerNeeded = FieldProblem(
        field: "provider", problem: "is needed, because the total is not 0")

    /// Whether something that is asked for has a price, as far as the catalogue says.
    static func isPriced(_ items: [HoldLine], in types: [TicketTypeView]) -> Bool {
        items.contains { item in
            types.contains { $0.ticketTypeId == item.ticketTypeId && $0.price.amount > 0 }
        }
    }

    static func check(_ request: CreateCheckoutRequest) throws {
        let problems = problems(in: request.items)
        guard problems.isEmpty else { throw RPCError.invalid(problems) }
    }

    private static func problems(in items: [HoldLine]) -> [FieldProblem] {
        var problems: [FieldProblem] = []
        if items.isEmpty {
            problems.append(FieldProblem(field: "items", problem: "is empty; name what to buy"))
        }
        for (index, item) in items.enumerated()
        where items.prefix(index).contains(where: { $0.ticketTypeId == item.ticketTypeId }) {
            problems.append(
                FieldProblem(
                    field: "items[\(index)].ticketTypeId",
                    problem: "stands twice; add the quantities"))
        }
        return problems
    }

    /// The request that made a purchase, as one that comes again must say it; nil when the id was
    /// used with the other method.
    static func request(
        of stored: Checkout, asked request: PurchaseRequest
    ) -> PurchaseRequest? {
        guard stored.mode != .stepwise else { return nil }
        let isSameMethod =
            methodPrint(request.paymentMethod, of: request.purchaseId) == stored.methodPrint
        return PurchaseRequest(
            purchaseId: stored.id, owner: stored.owner, contact: stored.contact,
            eventId: stored.eventID, items: items(of: stored, asked: request.items),
            provider: stored.provider,
            paymentMethod: request.paymentMethod.asKept(ifSame: isSameMethod),
            expectedTotal: stored.expectedTotal, waitMs: request.waitMs)
    }

    static func request(
        of stored: Checkout, asked request: CreateCheckoutRequest
    ) -> CreateCheckoutRequest? {
        guard stored.mode == .stepwise else { return nil }
        return CreateCheckoutRequest(
            checkoutId: stored.id, owner: stored.owner, contact: stored.contact,
            eventId: stored.eventID, items: items(of: stored, asked: request.items),
            expectedTotal: stored.expectedTotal, holdTtlMs: stored.holdTtlMs,
            waitMs: request.waitMs)
    }

    private static func items(of stored: Checkout, asked items: [HoldLine]) -> [HoldLine] {
        sorted(items) == stored.items ? items : stored.items
    }

    /// The order of items says nothing, so it is not compared.
    private static func sorted(_ items: [HoldLine]) -> [HoldLine] {
        items.count < 2 ? items : items.sorted { $0.ticketTypeId < $1.ticketTypeId }
    }

    /// A trace of the buyer's token, of no use without the id that it came with.
    static func methodPrint(_ method: String?, of id: UUID) -> [UInt8]? {
        method.map { method in
            let id = withUnsafeBytes(of: id.uuid) { Array($0) }
            return Array(Digest.sha256(id + Array(method.utf8)).prefix(16))
        }
    }
}
