import Contracts
import FoundationEssentials
import Lifecycle
import Payments
import RPC
import Support
import Synchronization

/// What the callers were told, kept by themselves: the services are judged by it.
final class CallersLog: Sendable {
    /// The last word on one purchase.
    struct Told: Sendable {
        var owner: String
        var stage: Stage
        /// Answered COMPLETED, with this order.
        var order: OrderReply?
        /// The purchase in one call was refused so.
        var refusal: String?
        var total: Money?
    }

    private let state = Mutex(
        (told: [UUID: Told](), order: [UUID](), holds: [(id: UUID, lines: [PricedLine])]()))

    /// All purchases, in the order in which they began.
    var purchases: [UUID] { state.withLock { $0.order } }

    /// Holds of the box office, as they were answered last.
    var holds: [(id: UUID, lines: [PricedLine])] { state.withLock { $0.holds } }

    func keep(_ hold: HoldReply) {
        state.withLock { state in
            state.holds.removeAll { $0.id == hold.holdId }
            state.holds.append((hold.holdId, hold.lines))
        }
    }

    /// Nobody knows what it has now.
    func forget(_ id: UUID) { state.withLock { $0.holds.removeAll { $0.id == id } } }

    func told(_ id: UUID) -> Told? { state.withLock { $0.told[id] } }

    func begin(_ id: UUID, owner: String, _ stage: Stage) {
        state.withLock {
            $0.order.append(id)
            $0.told[id] = Told(owner: owner, stage: stage)
        }
    }

    func note(_ id: UUID, _ change: (inout Told) -> Void) {
        state.withLock {
            guard var told = $0.told[id] else { return }
            change(&told)
            $0.told[id] = told
        }
    }
}

/// Somebody at a gateway who wants tickets, and does whatever comes to their mind.
struct Buyer: Sendable {
    private static let tokens: [String?] = [
        "sim_ok", "sim_ok", "sim_ok", "sim_declined", "sim_slow", "sim_lost_reply", "sim_late",
        "sim_action", nil,
    ]

    let town: Town
    let log: CallersLog
    let stage: Stage
    let owner: String

    private var random: SeededRandom { town.random }

    private func one<Element>(of list: [Element]) -> Element {
        list[Int(random.below(UInt64(list.count)))]
    }

    func live() async throws {
        try await town.pass(upToMs: 20_000)
        switch random.below(10) {
        case 0..<5: try await purchase()
        case 5..<9: try await buyStepwise()
        default: try await hold()
        }
    }

    private func items() -> [HoldLine] {
        stage.types.shuffled(by: random).prefix(1 + Int(random.below(2))).map {
            HoldLine(
                ticketTypeId: $0, quantity: (1 + Int64(random.below(3))) * stage.timesAsMany)
        }
    }

    // MARK: In one call

    private func purchase() async throws {
        let id = town.world.newID()
        log.begin(id, owner: owner, stage)
        let request = PurchaseRequest(
            purchaseId: id, owner: owner, contact: Contact(email: "\(owner)@example.org"),
            eventId: stage.event, items: items(), provider: "sim",
            paymentMethod: one(of: Self.tokens) ?? "sim_ok",
            waitMs: random.below(3) == 0 ? Int64(random.below(3_000)) : nil)
        let ghost =
            random.below(8) == 0
            ? town.world.scheduler.spawn { try await Ghost(town: town).haunt(id) } : nil
        // An impatient one asks twice at the same time.
        if random.below(5) == 0 {
            let twin = town.world.scheduler.spawn { _ = try await ask(request) }
            _ = try await ask(request)
            try await twin.value
        } else if try await ask(request), random.below(4) == 0 {
            try await reuse(id)
        }
        if random.below(4) == 0 { _ = try await ask(request) }
        if random.below(6) == 0 { try await cancel(id) }
        try await ghost?.value
    }

    /// Somebody else's purchase under an id that was used: neither theirs nor a new one.
    private func reuse(_ id: UUID) async throws {
        let request = PurchaseRequest(
            purchaseId: id, owner: "thief", contact: Contact(email: "thief@example.org"),
            eventId: stage.event, items: items(), provider: "sim", paymentMethod: "sim_ok")
        if case .success = try await town.insist(
            "gateway", .orders, OrdersAPI.purchase, request, forMs: 20_000)
        {
            town.violation("\(id): somebody else was answered with it")
        }
    }

    /// True when the purchase was answered, and not refused.
    private func ask(_ request: PurchaseRequest) async throws -> Bool {
        switch try await town.insist(
            "gateway", .orders, OrdersAPI.purchase, request, forMs: 120_000)
        {
        case .success(let reply):
            hear(reply, of: request.purchaseId)
            return true
        case .failure(let error): log.note(request.purchaseId) { $0.refusal = error.reason.name }
        case nil: break
        }
        return false
    }

    // MARK: Step by step

    private func buyStepwise() async throws {
        let id = town.world.newID()
        log.begin(id, owner: owner, stage)
        let request = CreateCheckoutRequest(
            checkoutId: id, owner: owner, contact: Contact(email: "\(owner)@example.org"),
            eventId: stage.event, items: items(), holdTtlMs: 10_000 + Int64(random.below(100_000)))
        guard
            case .success(let checkout) = try await town.insist(
                "gateway", .orders, OrdersAPI.createCheckout, request, forMs: 120_000)
        else { return }
        hear(checkout, of: id)
        for _ in 0..<random.below(5) {
            try await town.pass(upToMs: 20_000)
            switch random.below(8) {
            case 0: try await cancel(id)
            case 1: try await watch(id, since: checkout.version)
            case 7: try await loseTheHold(of: id)
            case 6: try await changeCards(id)
            case 2, 3:
                // Called off while the money is being taken.
                let paying = town.world.scheduler.spawn { try await pay(id) }
                try await cancel(id)
                try await paying.value
            default: try await pay(id)
            }
        }
    }

    /// Staff gives the stock back, and from then on the checkout has none to sell.
    private func loseTheHold(of id: UUID) async throws {
        if case .success(let hold) = try await town.insist(
            "operator", .inventory, InventoryAPI.releaseHold,
            ReleaseHoldRequest(holdId: .derived(from: id, "hold"), reason: .admin), forMs: 20_000),
            hold.state == .released
        {
            log.note(id) { $0.refusal = "that its hold was released" }
        }
    }

    /// Confirms at the bank, and at about the time when that is known pays with another card.
    private func changeCards(_ id: UUID) async throws {
        try await pay(id, "sim_action", waitMs: 0)
        try await town.pass(ms: town.sim.actionMs + Int64(random.below(1_000)))
        try await pay(id, "sim_ok", waitMs: 0)
    }

    private func pay(_ id: UUID) async throws {
        try await pay(id, one(of: Self.tokens), waitMs: Int64(random.below(3_000)))
    }

    private func pay(_ id: UUID, _ token: String?, waitMs: Int64) async throws {
        let request = StartPaymentRequest(
            checkoutId: id, attemptId: town.world.newID(), provider: "sim",
            captureMode: random.below(3) == 0 ? .authCapture : .sale,
            paymentMethod: token, waitMs: waitMs)
        if case .success(let reply) = try await town.insist(
            "gateway", .orders, OrdersAPI.startPayment, request, forMs: 60_000)
        {
            hear(reply, of: id)
        }
    }

    private func cancel(_ id: UUID) async throws {
        let request = CancelCheckoutRequest(checkoutId: id, reason: "changed my mind")
        if case .success(let reply) = try await town.insist(
            "gateway", .orders, OrdersAPI.cancelCheckout, request, forMs: 60_000)
        {
            hear(reply, of: id)
        }
    }

    private func watch(_ id: UUID, since version: Int64) async throws {
        let request = WatchCheckoutRequest(checkoutId: id, sinceVersion: version, waitMs: 5_000)
        if case .success(let reply) = try await town.insist(
            "gateway", .orders, OrdersAPI.watchCheckout, request, forMs: 20_000)
        {
            hear(reply, of: id)
        }
    }

    private func hear(_ reply: CheckoutReply, of id: UUID) {
        if reply.checkoutId != id {
            town.violation("\(id): the answer is about \(reply.checkoutId)")
        }
        log.note(reply.checkoutId) { told in
            if let total = reply.totals?.total { told.total = total }
            guard reply.state == .completed, let order = reply.order else { return }
            if let known = told.order, known != order {
                town.violation("\(reply.checkoutId): two answers with different orders")
            }
            told.order = order
        }
    }

    // MARK: At the box office

    /// Holds places for somebody who stands there, and gives them back, or forgets to.
    private func hold() async throws {
        let id = town.world.newID()
        let request = ReserveRequest(
            holdId: id, eventId: stage.event, owner: owner, lines: items(),
            ttlMs: 10_000 + Int64(random.below(20_000)))
        // Some have gone before it is there.
        let patienceMs = random.below(3) == 0 ? 1 + Int64(random.below(2_000)) : 60_000
        switch try await town.insist(
            "gateway", .inventory, InventoryAPI.reserve, request, forMs: patienceMs)
        {
        case .success(let hold):
            log.keep(hold)
            let end = town.scheduler.uptimeNanoseconds / 1_000_000 + UInt64(hold.expiresInMs ?? 0)
            if random.below(2) == 0 { try await resize(hold) }
            if random.below(2) == 0 { return try await extend(id, after: end) }
            try await town.pass(upToMs: 10_000)
            _ = try await town.insist(
                "gateway", .inventory, InventoryAPI.extendHold,
                ExtendHoldRequest(holdId: id, atLeastMs: 60_000), forMs: 10_000)
            if random.below(2) == 0 { try await giveBack(id) }
        case .failure: break
        case nil: try await giveBack(id)
        }
    }

    /// Wants other places than before, and has them or what they had.
    private func resize(_ hold: HoldReply) async throws {
        let request = ResizeHoldRequest(
            holdId: hold.holdId, revision: (hold.revision ?? 1) + 1, lines: items())
        let answer = try await town.insist(
            "gateway", .inventory, InventoryAPI.resizeHold, request, forMs: 10_000)
        guard case .success(let resized) = answer else {
            if answer == nil { log.forget(hold.holdId) }
            return
        }
        log.keep(resized)
        let had = hold.lines.map { HoldLine(ticketTypeId: $0.ticketTypeId, quantity: $0.quantity) }
        let has = resized.lines.map {
            HoldLine(ticketTypeId: $0.ticketTypeId, quantity: $0.quantity)
        }
        if has != (resized.revision == request.revision ? request.lines : had) {
            town.violation("hold \(hold.holdId) has \(has), of \(had) and \(request.lines)")
        }
        if resized.expiresAt != hold.expiresAt, town.weather.rate(.clockJump) == 0 {
            town.violation("hold \(hold.holdId) lasts longer since it was resized")
        }
    }

    /// What was given back, before or after it was had, is not held again.
    private func giveBack(_ id: UUID) async throws {
        guard
            case .success = try await town.insist(
                "gateway", .inventory, InventoryAPI.releaseHold,
                ReleaseHoldRequest(holdId: id, reason: .buyer), forMs: 20_000)
        else { return }
        try await town.pass(upToMs: 60_000)
        switch try await town.insist(
            "gateway", .inventory, InventoryAPI.getHold, GetHoldRequest(holdId: id), forMs: 60_000)
        {
        case .success(let hold) where hold.state == .active:
            town.violation("hold \(id) was given back, and is held")
        case .failure(let error):
            town.violation("hold \(id) was given back: \(error)")
        default: break
        }
    }

    private func sweep() async throws {
        _ = try await town.insist(
            "operator", .inventory, InventoryAPI.sweepExpired, SweepExpiredRequest(), forMs: 1_000)
    }

    /// Comes back when the time is just over, where the clocks are right: too late.
    private func extend(_ id: UUID, after end: UInt64) async throws {
        let now = town.scheduler.uptimeNanoseconds / 1_000_000
        try await town.pass(ms: Int64(end > now ? end - now : 0) + 1 + Int64(random.below(300)))
        // Two of the staff may find it at the same time.
        if random.below(2) == 0 {
            let other = town.world.scheduler.spawn { try await sweep() }
            try await sweep()
            try await other.value
        }
        guard town.weather.rate(.clockJump) == 0, town.weather.rate(.clockSkew) == 0 else { return }
        if case .success = try await town.insist(
            "gateway", .inventory, InventoryAPI.extendHold,
            ExtendHoldRequest(holdId: id, atLeastMs: 60_000), forMs: 10_000)
        {
            town.violation("hold \(id) was extended after its end")
        }
    }
}

extension Array {
    fileprivate func shuffled(by random: SeededRandom) -> [Element] {
        var list = self
        for place in list.indices.dropFirst().reversed() {
            list.swapAt(place, Int(random.below(UInt64(place + 1))))
        }
        return list
    }
}
