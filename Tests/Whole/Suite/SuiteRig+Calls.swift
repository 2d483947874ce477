import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Stage
import Support
import Testing

// What buyers, staff and auditors ask of the three services.

extension SuiteRig {
    func purchase(_ request: PurchaseRequest, as buyer: Actor? = nil) async throws -> CheckoutReply
    {
        try await caller("gateway", to: "orders").call(
            OrdersAPI.purchase, request, CallOptions(actor: buyer))
    }

    /// Reserves, for a purchase step by step.
    func reserve(
        _ event: TestEvent, id: UUID? = nil, quantity: Int64 = 2, expected: Int64? = nil,
        owner: String = "ann", holdTtlMs: Int64? = nil, as buyer: Actor? = nil
    ) async throws -> CheckoutReply {
        try await caller("gateway", to: "orders").call(
            OrdersAPI.createCheckout,
            CreateCheckoutRequest(
                checkoutId: id ?? test.world.newID(), owner: owner,
                contact: Contact(email: "ann@example.org"), eventId: event.id,
                items: [HoldLine(ticketTypeId: event.type, quantity: quantity)],
                expectedTotal: expected.map { Money($0, Self.euro) }, holdTtlMs: holdTtlMs),
            CallOptions(actor: buyer))
    }

    /// Begins to pay, under a new id unless one is given.
    func pay(
        _ checkout: CheckoutReply, attempt: UUID? = nil, _ method: String? = "sim_ok",
        _ mode: CaptureMode? = nil, provider: String? = "sim", waitMs: Int64? = nil
    ) async throws -> CheckoutReply {
        try await caller("gateway", to: "orders").call(
            OrdersAPI.startPayment,
            StartPaymentRequest(
                checkoutId: checkout.checkoutId, attemptId: attempt ?? test.world.newID(),
                provider: provider, captureMode: mode, paymentMethod: method, waitMs: waitMs))
    }

    func cancel(_ checkout: CheckoutReply, waitMs: Int64? = nil) async throws -> CheckoutReply {
        try await caller("gateway", to: "orders").call(
            OrdersAPI.cancelCheckout,
            CancelCheckoutRequest(
                checkoutId: checkout.checkoutId, reason: "changed my mind", waitMs: waitMs))
    }

    /// The reason that the call was refused for; nil when it was not.
    func refusal(_ call: @Sendable () async throws -> Void) async throws -> String? {
        do {
            try await call()
            return nil
        } catch let error as RPCError where error.isRefusal { return error.reason.name }
    }

    /// The reason of the refusal; nil when the purchase was not refused.
    func refusal(_ request: PurchaseRequest, as buyer: Actor? = nil) async throws -> String? {
        do {
            _ = try await purchase(request, as: buyer)
            return nil
        } catch let error as RPCError where error.isRefusal { return error.reason.name }
    }

    func checkout(_ id: UUID) async throws -> CheckoutReply {
        try await caller("gateway", to: "orders").call(
            OrdersAPI.getCheckout, GetCheckoutRequest(checkoutId: id))
    }

    /// The checkout once it has ended or was parked, whether or not Orders is there all the time.
    func end(_ id: UUID, withinMs limit: Int64 = 3_600_000) async throws -> CheckoutReply {
        let deadline = test.clock.now().advanced(byMs: limit)
        while true {
            do {
                let checkout = try await checkout(id)
                let isOver = checkout.state.isTerminal || checkout.state == .parked
                if isOver || test.clock.now() >= deadline { return checkout }
            } catch let error as RPCError where error.outcome == .unknown {
                guard test.clock.now() < deadline else { throw error }
            }
            try await pass(ms: 1_000)
        }
    }

    func availability(
        _ event: TestEvent, of owner: String? = nil, as buyer: Actor? = nil
    ) async throws -> AvailabilityReply {
        try await caller("gateway", to: "inventory").call(
            InventoryAPI.getAvailability, GetAvailabilityRequest(eventId: event.id, owner: owner),
            CallOptions(actor: buyer))
    }

    /// An operator has Orders read Inventory's feed, as it is now, from its oldest fact.
    @discardableResult
    func followInventory() async throws -> FollowFeedReply {
        let feed = try await caller("operator", to: "inventory").call(
            InventoryAPI.readEvents, FeedRequest(feedId: nil, afterSeq: 0, limit: 1))
        return try await caller("operator", to: "orders").call(
            OrdersAPI.followFeed,
            FollowFeedRequest(
                feed: "inventory", feedId: feed.feedId, fromSeq: 0, reason: "restored"))
    }

    /// Calls of sagas, or attempts of calls, that ended without an answer.
    var troubles: Int64 {
        test.world.metrics.counters().filter { ["saga.unknown", "rpc.retries"].contains($0.name) }
            .reduce(0) { $0 + $1.value }
    }

    /// Every invariant of all three services, once feeds have been read.
    func expectSound(_ place: SourceLocation = #_sourceLocation) async throws {
        try await pass(ms: 30_000)
        for (service, reply) in try await verify() {
            #expect(reply.violations == [], "\(service)", sourceLocation: place)
            #expect(reply.pending == 0, "\(service)", sourceLocation: place)
        }
    }
}
