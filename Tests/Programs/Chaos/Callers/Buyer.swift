import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Support

/// Somebody at a gateway who wants tickets, does whatever comes to their mind, and asks every
/// question again under the same ids until it is answered.
struct Buyer: Sendable {
    private static let tokens: [String?] = [
        "sim_ok", "sim_ok", "sim_ok", "sim_ok", "sim_declined", "sim_slow", "sim_lost_reply",
        "sim_late", "sim_action", nil,
    ]
    private static let options = CallOptions(timeoutMs: 8_000, attempts: 1)

    let stage: Stage
    let orders: Client
    let inventory: Client
    let log: CallersLog
    let hours: OpeningHours
    let world: World
    let random: SeededRandom
    let thinkMs: UInt64

    func live() async {
        while hours.isOpen {
            switch random.below(12) {
            case 0..<6: await purchase()
            case 6..<11: await buyStepwise()
            default: await hold()
            }
            await rest(upToMs: thinkMs)
        }
    }

    private func one<Element>(of list: [Element]) -> Element {
        list[Int(random.below(UInt64(list.count)))]
    }

    private var items: [HoldLine] {
        // Few, since it is much to write down: more than one commit issues.
        if random.below(80) == 0 {
            return [
                HoldLine(ticketTypeId: stage.plenty, quantity: 1_000),
                HoldLine(ticketTypeId: stage.more, quantity: 1 + Int64(random.below(500))),
            ]
        }
        var types = [stage.plenty]
        if random.below(5) == 0 { types = random.below(2) == 0 ? [stage.few] : types + [stage.few] }
        return types.map { HoldLine(ticketTypeId: $0, quantity: 1 + Int64(random.below(3))) }
    }

    private var contact: Contact { Contact(email: "buyer@example.org") }

    private var waitMs: Int64 { one(of: [0, 500, 3_000, 5_000]) }

    // MARK: In one call

    private func purchase() async {
        let id = world.newID()
        let request = PurchaseRequest(
            purchaseId: id, owner: "buyer-\(id)", contact: contact, eventId: stage.event,
            items: items, provider: "sim", paymentMethod: one(of: Self.tokens) ?? "sim_ok",
            waitMs: waitMs)
        log.begin(id, OrdersAPI.purchase.name)
        // An impatient one asks twice at the same time.
        if random.below(8) == 0 {
            async let twin = ask(OrdersAPI.purchase, request, id)
            _ = await ask(OrdersAPI.purchase, request, id)
            _ = await twin
        } else {
            _ = await ask(OrdersAPI.purchase, request, id)
        }
        if random.below(6) == 0 { _ = await ask(OrdersAPI.purchase, request, id) }
        if random.below(8) == 0 { await cancel(id) }
        await stay(id)
    }

    // MARK: Step by step

    private func buyStepwise() async {
        let id = world.newID()
        let request = CreateCheckoutRequest(
            checkoutId: id, owner: "buyer-\(id)", contact: contact, eventId: stage.event,
            items: items,
            holdTtlMs: random.below(3) == 0 ? 1_000 + Int64(random.below(3_000)) : nil,
            waitMs: 3_000)
        log.begin(id, OrdersAPI.createCheckout.name)
        guard await ask(OrdersAPI.createCheckout, request, id) != nil else { return }
        for _ in 0..<random.below(4) {
            await rest(upToMs: 600)
            switch random.below(9) {
            case 0, 1: await cancel(id)
            case 2:
                // Called off while the money is being taken.
                async let payment: Void = pay(id)
                await cancel(id)
                await payment
            case 3:
                // The money is taken, and before that is known it is called off.
                await pay(id, with: "sim_lost_reply", .sale, waitMs: 300)
                await cancel(id)
            case 4:
                // Paid on the provider's page, and called off before Orders hears of it: without
                // these nearly nobody would be given money back.
                await pay(id, with: nil, .sale, waitMs: 500)
                let lateMs = Int64(random.below(300))
                try? await world.scheduler.sleep(ms: Town.actionMs - 50 + lateMs)
                await cancel(id)
            default: await pay(id)
            }
        }
        await stay(id)
    }

    private func pay(_ id: UUID) async {
        await pay(
            id, with: one(of: Self.tokens), random.below(2) == 0 ? .sale : .authCapture,
            waitMs: waitMs)
    }

    private func pay(
        _ id: UUID, with method: String?, _ mode: CaptureMode, waitMs: Int64
    ) async {
        let request = StartPaymentRequest(
            checkoutId: id, attemptId: world.newID(), provider: "sim", captureMode: mode,
            paymentMethod: method, waitMs: waitMs)
        _ = await ask(OrdersAPI.startPayment, request, id)
    }

    private func cancel(_ id: UUID) async {
        let request = CancelCheckoutRequest(
            checkoutId: id, reason: "changed my mind", waitMs: waitMs)
        _ = await ask(OrdersAPI.cancelCheckout, request, id)
    }

    /// Half of them want to know how it ends.
    private func stay(_ id: UUID) async {
        guard random.below(2) == 0 else { return }
        var version: Int64 = 0
        for _ in 0..<4 {
            let request = WatchCheckoutRequest(
                checkoutId: id, sinceVersion: version, waitMs: 2_000)
            guard let reply = await ask(OrdersAPI.watchCheckout, request, id) else { return }
            if reply.state.isTerminal { return }
            version = reply.version
        }
    }

    // MARK: At the box office

    /// Holds places for somebody who stands there, and gives them back, or forgets to.
    private func hold() async {
        let id = world.newID()
        let request = ReserveRequest(
            holdId: id, eventId: stage.event, owner: "office-\(id)", lines: items,
            ttlMs: 1_000 + Int64(random.below(4_000)))
        log.begin(id, InventoryAPI.reserve.name)
        guard await ask(InventoryAPI.reserve, request, id, at: inventory) != nil else { return }
        await rest(upToMs: 500)
        guard random.below(2) == 0 else { return }
        _ = await ask(
            InventoryAPI.releaseHold, ReleaseHoldRequest(holdId: id, reason: .buyer), id,
            at: inventory)
    }

    // MARK: Questions

    /// Asks until there is an answer; nil when it is a refusal, or nobody answers for so long that
    /// the buyer gives up.
    private func ask<Request, Reply>(
        _ method: Method<Request, Reply>, _ request: Request, _ id: UUID, at client: Client? = nil
    ) async -> Reply? {
        while true {
            do {
                let reply = try await (client ?? orders).call(method, request, Self.options)
                log.done(id, method.name, reply)
                return reply
            } catch let error as RPCError {
                log.failed(id, method.name, error)
                if error.isRefusal || hours.isOver { return nil }
                await rest(upToMs: 200)
            } catch {
                return nil
            }
        }
    }

    private func rest(upToMs most: UInt64) async {
        try? await world.scheduler.sleep(ms: 10 + Int64(random.below(max(1, most))))
    }
}
