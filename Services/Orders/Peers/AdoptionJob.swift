import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Saga

/// Finds stock and money at the peers that belong to no checkout of this database, as after a
/// restore, and gives them back: such a checkout is taken in as CANCELLING. It is safe, because a
/// checkout is committed before its hold is asked for.
struct AdoptionJob: Service {
    private let world: World
    private let checkouts: CheckoutStore
    private let runner: CheckoutRunner
    private let inventory: any Caller
    private let payments: any Caller
    /// Payments and holds that could not be given back.
    private let failing: FailingRows<UUID>

    let name = "adoption"

    init(
        world: World, checkouts: CheckoutStore, runner: CheckoutRunner,
        inventory: any Caller, payments: any Caller
    ) {
        self.world = world
        self.checkouts = checkouts
        self.runner = runner
        self.inventory = inventory
        self.payments = payments
        failing = FailingRows("adoption", world: world)
    }

    /// Anything younger may still be on its way.
    static let olderThanMs: Int64 = 60_000
    private static let everyMs: Int64 = 30_000
    private static let page: Int64 = 200
    private static let atOnce = 16

    func run() async throws {
        while (try? await world.scheduler.sleep(ms: Self.everyMs)) != nil {
            // Money first: a payment knows its checkout, a hold knows no payment.
            for look in [lookAtPayments, lookAtHolds] {
                do { try await look() } catch {
                    world.log.warning("adoption_failed", ["error": "\(error)"])
                }
            }
        }
    }

    private func lookAtPayments() async throws {
        var after: String?
        repeat {
            let reply = try await payments.call(
                PaymentsAPI.listUnsettled,
                ListUnsettledRequest(
                    olderThanMs: Self.olderThanMs, after: after, limit: Self.page))
            await world.scheduler.forEach(reply.payments, atOnce: Self.atOnce) { payment in
                await attempt(payment.paymentId) { try await adopt(payment) }
            }
            after = reply.next
        } while after != nil
    }

    private func lookAtHolds() async throws {
        var after: String?
        repeat {
            let reply = try await inventory.call(
                InventoryAPI.listHolds,
                ListHoldsRequest(
                    state: .committing, olderThanMs: Self.olderThanMs, after: after,
                    limit: Self.page))
            await world.scheduler.forEach(reply.holds, atOnce: Self.atOnce) { hold in
                await attempt(hold.holdId) { try await adopt(hold) }
            }
            after = reply.next
        } while after != nil
    }

    /// What fails because a peer or the database is away says nothing about the row, and is tried
    /// again at the next look.
    private func attempt(_ id: UUID, _ body: () async throws -> Void) async {
        await failing.attempt(id) {
            do { try await body() } catch {
                guard error.mayPass else { throw error }
                world.log.warning("adoption_delayed", ["row": id, "error": "\(error)"])
            }
        }
    }

    private func adopt(_ hold: HoldReply) async throws {
        guard let orderID = hold.orderId else { return }
        guard hold.holdId == UUID.derived(from: orderID, "hold") else {
            return world.log.error("adoption_foreign_hold", ["hold": hold.holdId])
        }
        try await adopt(orderID, hold, paidBy: nil)
    }

    /// A payment of a checkout that is known, but not by it, has lost to another one.
    private func adopt(_ payment: PaymentReply) async throws {
        guard let checkout = try await checkouts.find(payment.checkoutId) else {
            let hold = try await hold(of: payment.checkoutId)
            return try await adopt(payment.checkoutId, hold, paidBy: payment.paymentId)
        }
        guard !checkout.isPaid(by: payment.paymentId) else { return }
        world.log.warning(
            "stray_payment", ["order": checkout.id, "payment": payment.paymentId])
        try await giveUp(payment)
    }

    /// Nil when Inventory knows of none.
    private func hold(of checkoutID: UUID) async throws -> HoldReply? {
        do {
            return try await inventory.call(
                InventoryAPI.getHold,
                GetHoldRequest(holdId: .derived(from: checkoutID, "hold")))
        } catch let error as RPCError where error.reason == .holdNotFound { return nil }
    }

    /// Asked again at each look until Payments no longer lists it.
    private func giveUp(_ payment: PaymentReply) async throws {
        do {
            _ = try await payments.call(
                PaymentsAPI.voidPayment,
                VoidPaymentRequest(
                    paymentId: payment.paymentId, checkoutId: payment.checkoutId,
                    reason: "the checkout has another payment"))
        } catch let error as RPCError where error.reason == .alreadyCaptured {
            guard let captured = Money(capturedBy: error) else { throw error }
            _ = try await payments.call(
                PaymentsAPI.refundPayment,
                RefundPaymentRequest(
                    refundId: .derived(from: payment.paymentId, "duplicate"),
                    paymentId: payment.paymentId, amount: captured, kind: .duplicate,
                    reason: "the checkout has another payment"))
        }
    }

    private func adopt(_ id: UUID, _ hold: HoldReply?, paidBy payment: UUID?) async throws {
        guard let checkout = try await checkouts.adopt(id, hold, paidBy: payment) else { return }
        world.log.warning("adopted", ["order": id, "state": checkout.state.word])
        runner.start(checkout)
    }
}
