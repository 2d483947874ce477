import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Support

/// An event on sale, with what a buyer can ask for.
struct Stage: Sendable {
    let event: UUID
    let types: [UUID]
    /// How many tickets are bought at a time, against usual: most orders of some stages have more
    /// than one commit issues.
    let timesAsMany: Int64
    /// Tickets of a type that one owner may have, by type.
    var limits: [UUID: Int64] = [:]
    /// Whether a payment that comes too late may take stock again.
    var lateReclaim = true

    static let euro = Currency("EUR")

    /// Decided by the event's id, so that it takes no draw from what else is random.
    init(event: UUID, types: [UUID]) {
        self.event = event
        self.types = types
        timesAsMany = event.uuid.15 % 32 == 0 ? 333 : 1
    }
}

/// Those who set up events, look after what is stuck, and press buttons.
struct Staff: Sendable {
    let town: Town

    /// Makes an event and puts it on sale, through whatever weather there is.
    func stage() async throws -> Stage? {
        let random = town.random
        var stage = Stage(
            event: town.world.newID(),
            types: (0..<1 + random.below(3)).map { _ in town.world.newID() })
        stage.lateReclaim = random.below(2) == 0
        let places = 5 + Int64(random.below(random.below(2) == 0 ? 60 : 300))
        let capacity = places * stage.timesAsMany
        let create = CreateEventRequest(
            eventId: stage.event, title: "Concert",
            startsAt: Town.beginning.advanced(byMs: 30 * 86_400_000), currency: Stage.euro,
            totalCapacity: random.below(5) == 0 ? nil : capacity,
            feePerTicket: Money(Int64(random.below(2)) * 100, Stage.euro),
            maxHoldMs: random.below(2) == 0 ? nil : 20_000 + Int64(random.below(100_000)),
            lateReclaim: stage.lateReclaim,
            openCheckouts: [nil, .allow, .reject][Int(random.below(3))])
        guard try await done(InventoryAPI.createEvent, create) else { return nil }
        func allocation() -> Int64? {
            guard create.totalCapacity == nil || random.below(2) == 0 else { return nil }
            let share = (1 + Int64(random.below(UInt64(places)))) / Int64(stage.types.count)
            return max(1, share) * stage.timesAsMany
        }
        for (place, type) in stage.types.enumerated() {
            if random.below(4) == 0 { stage.limits[type] = 2 * stage.timesAsMany }
            let put = PutTicketTypeRequest(
                ticketTypeId: type, eventId: stage.event, name: "Type \(place)",
                price: Money(Int64(random.below(8)) * 1_000, Stage.euro), taxBasisPoints: 1_900,
                allocation: allocation(),
                maxPerOrder: min(8 * stage.timesAsMany, Bounds.ticketsPerLine.upperBound),
                perOwnerLimit: stage.limits[type])
            guard try await done(InventoryAPI.putTicketType, put) else { return nil }
        }
        let publish = PublishEventRequest(eventId: stage.event, expectedVersion: 1)
        return try await done(InventoryAPI.publishEvent, publish) ? stage : nil
    }

    private func done<Request, Reply>(
        _ method: Method<Request, Reply>, _ request: Request
    ) async throws -> Bool {
        switch try await town.insist("operator", .inventory, method, request) {
        case .success: return true
        case .failure(let error):
            // A second try of what was done but not answered.
            if error.reason == .versionConflict { return true }
            town.violation("\(method.name) was refused: \(error)")
            return false
        case nil: return false
        }
    }

    /// One thing that somebody does on a working day.
    func act(on stage: Stage, checkouts: [UUID]) async throws {
        let random = town.random
        switch random.below(11) {
        case 0: try await press(.inventory, InventoryAPI.sweepExpired, SweepExpiredRequest())
        case 1:
            try await press(
                .inventory, InventoryAPI.resumeSales, ResumeSalesRequest(reason: "checked"))
        case 2:
            try await hurryRefunds()
            // Somebody calls about a refund that there may be.
            guard !checkouts.isEmpty else { return }
            let id = checkouts[Int(random.below(UInt64(checkouts.count)))]
            try await press(
                .payments, PaymentsAPI.retryRefund,
                RetryRefundRequest(refundId: .derived(from: id, "refund"), reason: "by phone"))
        case 3:
            let page = try await press(
                .payments, PaymentsAPI.listWebhooks, ListWebhooksRequest(limit: 20))
            guard let webhooks = page?.webhooks, !webhooks.isEmpty else { return }
            let webhook = webhooks[Int(random.below(UInt64(webhooks.count)))]
            try await press(
                .payments, PaymentsAPI.replayWebhook,
                ReplayWebhookRequest(provider: webhook.provider, eventId: webhook.eventId))
        case 4, 5:
            // Another name and price; what was promised stays.
            let type = stage.types[Int(random.below(UInt64(stage.types.count)))]
            let event = try await press(
                .inventory, InventoryAPI.getEvent, GetEventRequest(eventId: stage.event))
            guard let known = event?.ticketTypes.first(where: { $0.ticketTypeId == type })
            else { return }
            try await press(
                .inventory, InventoryAPI.putTicketType,
                PutTicketTypeRequest(
                    ticketTypeId: type, eventId: stage.event, expectedVersion: known.version,
                    name: "Type \(random.below(100))",
                    price: Money(Int64(random.below(8)) * 1_000, Stage.euro),
                    taxBasisPoints: known.taxBasisPoints, allocation: known.allocation,
                    maxPerOrder: known.maxPerOrder, perOwnerLimit: known.perOwnerLimit))
        case 6:
            let request = SetClockRequest(reason: "the clock was off")
            switch random.below(3) {
            case 0: try await press(.inventory, InventoryAPI.setClock, request)
            case 1: try await press(.orders, OrdersAPI.setClock, request)
            default: try await press(.payments, PaymentsAPI.setClock, request)
            }
        case 7:
            // What was booked before must not be booked again.
            if random.below(2) == 0 {
                try await follow(.payments, PaymentsAPI.followFeed, .orders, OrdersAPI.readEvents)
            } else {
                try await follow(.orders, OrdersAPI.followFeed, .inventory, InventoryAPI.readEvents)
            }
        default:
            guard !checkouts.isEmpty else { return }
            let id = checkouts[Int(random.below(UInt64(checkouts.count)))]
            try await decide(id)
        }
    }

    /// Has a service read another's feed once more, from its beginning.
    private func follow(
        _ reader: Node.Kind, _ method: Method<FollowFeedRequest, FollowFeedReply>,
        _ peer: Node.Kind, _ feed: Method<FeedRequest, FeedReply>
    ) async throws {
        let first = FeedRequest(feedId: nil, afterSeq: 0, limit: 1)
        guard let page = try await press(peer, feed, first) else { return }
        try await press(
            reader, method,
            FollowFeedRequest(
                feed: peer.rawValue, feedId: page.feedId, fromSeq: 1, reason: "it was restored"))
    }

    /// Asks for what buyers are owed, once more; in the end only for what waits for a human.
    private func hurryRefunds(parkedOnly: Bool = false) async throws {
        let page = try await press(
            .payments, PaymentsAPI.listObligations, ListObligationsRequest())
        let refunds = page?.refunds.filter { !parkedOnly || $0.state == .parked }
        guard let refund = refunds?.first else { return }
        try await press(
            .payments, PaymentsAPI.retryRefund,
            RetryRefundRequest(refundId: refund.refundId, reason: "the buyer waits"))
    }

    /// Looks at a saga, and decides for it if it is parked; sometimes meddles with one that is not.
    private func decide(_ id: UUID) async throws {
        let random = town.random
        let saga = try await press(.orders, OrdersAPI.getSaga, GetSagaRequest(checkoutId: id))
        guard saga?.state == .parked || random.below(4) == 0 else { return }
        switch random.below(3) {
        case 0:
            try await press(.orders, OrdersAPI.retrySaga, RetrySagaRequest(checkoutId: id))
        case 1:
            try await press(
                .orders, OrdersAPI.cancelCheckout,
                CancelCheckoutRequest(checkoutId: id, reason: "by phone"))
        default:
            try await press(
                .orders, OrdersAPI.resolveSaga,
                ResolveSagaRequest(
                    checkoutId: id, decision: random.below(2) == 0 ? .retry : .refundAndRelease,
                    reason: "somebody had to"))
        }
    }

    /// Calls once; what comes of it is seen by the next look.
    @discardableResult
    private func press<Request, Reply>(
        _ kind: Node.Kind, _ method: Method<Request, Reply>, _ request: Request
    ) async throws -> Reply? {
        try? await town.caller("operator", to: kind).call(method, request)
    }

    /// What stands still once everything works again is tried again, then given back.
    func clearUp(_ parked: [UUID], attempt: Int) async throws {
        if town.random.below(2) == 0 { try await hurryRefunds(parkedOnly: true) }
        for id in parked {
            if attempt < 3 {
                try await press(.orders, OrdersAPI.retrySaga, RetrySagaRequest(checkoutId: id))
            } else {
                try await press(
                    .orders, OrdersAPI.resolveSaga,
                    ResolveSagaRequest(
                        checkoutId: id, decision: .refundAndRelease, reason: "it does not end"))
            }
        }
    }
}
