import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Saga
import Storage

/// Purchases. Each method is one commit, then a wait for what the saga makes of it.
extension OrdersService {
    func registerCheckout(on router: inout Router) {
        router.handle(OrdersAPI.purchase, purchase)
        router.handle(OrdersAPI.createCheckout, create)
        router.handle(OrdersAPI.startPayment, startPayment)
        router.handle(OrdersAPI.cancelCheckout, cancel)
        router.handle(OrdersAPI.getCheckout) { [self] request, call in
            try await reply(about: try await found(request.checkoutId, for: call))
        }
        router.handle(OrdersAPI.watchCheckout, watch)
    }

    /// The first commit, then a task that drives the saga, then a wait for it.
    func purchase(
        _ request: PurchaseRequest, _ call: CallContext
    ) async throws -> CheckoutReply {
        try PurchaseRules.check(request)
        try await refuseUnpayable(request)
        let watch = runner.progress.watch(request.purchaseId) { $0.isSettled }
        defer { watch.cancel() }
        let begun = try await checkouts.begin(request, call)
        if begun.isSettled { return try await replyOrRefusal(about: begun) }
        runner.start(begun)
        return try await replyWhenSettled(watch, request.purchaseId, request.waitMs ?? .max, call)
    }

    /// What costs something and names no provider is refused before it is stored, so that its id
    /// can be used again. When the catalogue does not answer, the saga finds out.
    func refuseUnpayable(_ request: PurchaseRequest) async throws {
        guard request.provider == nil, try await checkouts.find(request.purchaseId) == nil else {
            return
        }
        var after: String?
        repeat {
            let page: EventReply
            do {
                page = try await readers.inventory.call(
                    InventoryAPI.getEvent, GetEventRequest(eventId: request.eventId, after: after))
            } catch is RPCError { return }
            if PurchaseRules.isPriced(request.items, in: page.ticketTypes) {
                throw RPCError.invalid([PurchaseRules.providerNeeded])
            }
            after = page.next
        } while after != nil
    }

    /// A purchase that was refused answers with the refusal, each time that it is asked.
    func replyOrRefusal(
        about checkout: Checkout, justWritten: Bool = false
    ) async throws -> CheckoutReply {
        if checkout.state == .rejected || checkout.state == .cancelled,
            let problem = checkout.problem
        {
            throw problem.error
        }
        return try await reply(about: checkout, justWritten: justWritten)
    }

    /// The reply about a checkout. The order of a completed checkout is read, unless this process
    /// has `justWritten` it: so the answer to a purchase reads nothing.
    func reply(
        about checkout: Checkout, justWritten: Bool = false
    ) async throws -> CheckoutReply {
        let order =
            checkout.state == .completed && !justWritten
            ? try await queries.order(of: checkout) : try view.order(justWritten: checkout)
        return view.reply(checkout, order, now: database.now)
    }

    /// The reply once the checkout has come to something, or when the caller's time is over.
    func replyWhenSettled(
        _ watch: Watch<Checkout>, _ id: UUID, _ waitMs: Int64, _ call: CallContext
    ) async throws -> CheckoutReply {
        let waitMs = call.waitMs(waitMs, on: world.scheduler)
        if let settled = await watch.value(withinMs: waitMs) {
            return try await replyOrRefusal(
                about: settled, justWritten: checkouts.wrote(settled))
        }
        return try await replyOrRefusal(about: try await found(id, for: call))
    }

    /// Another buyer's is not found, as one that does not exist.
    func found(_ id: UUID, for call: CallContext) async throws -> Checkout {
        guard let checkout = try await checkouts.find(id), call.mayTouch(checkout) else {
            throw RPCError.unknown(.checkout, id)
        }
        return checkout
    }
}

// MARK: Step by step

extension OrdersService {
    func create(
        _ request: CreateCheckoutRequest, _ call: CallContext
    ) async throws -> CheckoutReply {
        try PurchaseRules.check(request)
        let watch = runner.progress.watch(request.checkoutId) { $0.isSettled }
        defer { watch.cancel() }
        let begun = try await checkouts.begin(request, call)
        if begun.state != .new { return try await replyOrRefusal(about: begun) }
        runner.start(begun)
        return try await replyWhenSettled(watch, request.checkoutId, request.waitMs ?? .max, call)
    }

    func startPayment(
        _ request: StartPaymentRequest, _ call: CallContext
    ) async throws -> CheckoutReply {
        try BuyerRules.check(request)
        let begun = try await checkouts.start(request, call)
        let checkout = try await attemptSettled(begun, request.waitMs ?? .max, call)
        try BuyerRules.refuseExpired(checkout)
        let isUnderWay =
            checkout.payment.live != nil
            && checkout.payment.attempt?.id == request.attemptId
        if !isUnderWay,
            let refusal = try await checkouts.refusal(of: request.attemptId, request.checkoutId)
        {
            throw refusal
        }
        return try await reply(about: checkout)
    }

    /// What the attempt that was begun has come to. Only what happened after it was begun tells:
    /// news of an attempt before it may still be on their way.
    private func attemptSettled(
        _ begun: Checkout, _ waitMs: Int64, _ call: CallContext
    ) async throws -> Checkout {
        let watch = runner.progress.watch(begun.id) {
            $0.version > begun.version && $0.isAttemptSettled
        }
        defer { watch.cancel() }
        runner.moved(begun)
        if begun.isAttemptSettled { return begun }
        // The saga may have gone on since the commit, before anybody watched.
        let now = try await found(begun.id, for: call)
        if now.version > begun.version, now.isAttemptSettled { return now }
        let waitMs = call.waitMs(waitMs, on: world.scheduler)
        if let settled = await watch.value(withinMs: waitMs) { return settled }
        return try await found(begun.id, for: call)
    }

    func cancel(
        _ request: CancelCheckoutRequest, _ call: CallContext
    ) async throws -> CheckoutReply {
        let watch = runner.progress.watch(request.checkoutId) {
            $0.state.isTerminal || $0.state == .parked
        }
        defer { watch.cancel() }
        let after = try await checkouts.change(
            request.checkoutId, "CANCELLED", because: request.reason, call
        ) {
            try BuyerRules.cancel($0, now: $1)
        }
        runner.moved(after)
        if after.state.isTerminal { return try await reply(about: after) }
        let waitMs = call.waitMs(request.waitMs ?? 0, on: world.scheduler)
        if let ended = await watch.value(withinMs: waitMs) {
            return try await reply(about: ended)
        }
        return try await reply(about: try await found(request.checkoutId, for: call))
    }

    /// The checkout as it is now when it has changed since, else as its next change makes it.
    func watch(_ request: WatchCheckoutRequest, _ call: CallContext) async throws -> CheckoutReply {
        let watch = runner.progress.watch(request.checkoutId) {
            $0.version > request.sinceVersion
        }
        defer { watch.cancel() }
        var checkout = try await found(request.checkoutId, for: call)
        if checkout.version <= request.sinceVersion, !checkout.state.isTerminal {
            let waitMs = call.waitMs(request.waitMs ?? .max, on: world.scheduler)
            if let newer = await watch.value(withinMs: waitMs) { checkout = newer }
        }
        return try await reply(about: checkout)
    }
}
