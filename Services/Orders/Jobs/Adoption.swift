import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Saga

/// Finds stock and money at the peers that belong to no checkout of this database, as after a
/// restore, and gives them back: such a checkout is taken in as CANCELLING. It is safe, because a
/// checkout is committed before its hold is asked for.
struct Adoption: Service {
    let world: World
    let journal: CheckoutJournal
    let runner: SagaRunner<Checkout, PeerReply>
    let inventory: any Caller
    let payments: any Caller

    let name = "adoption"

    /// Anything younger may still be on its way.
    static let olderThanMs: Int64 = 60_000
    private static let everyMs: Int64 = 30_000
    private static let page: Int64 = 200

    func run() async throws {
        while (try? await world.scheduler.sleep(ms: Self.everyMs)) != nil {
            do { try await look() } catch {
                world.log.warning("adoption_failed", ["error": "\(error)"])
            }
        }
    }

    /// One look at both peers.
    func look() async throws {
        var after: UUID?
        repeat {
            let reply = try await inventory.call(
                InventoryAPI.listHolds,
                ListHoldsRequest(
                    state: .committing, olderThanMs: Self.olderThanMs, after: after,
                    limit: Self.page))
            for hold in reply.holds { try await adopt(hold) }
            after = reply.next
        } while after != nil
        repeat {
            let reply = try await payments.call(
                PaymentsAPI.listUnsettled,
                ListUnsettledRequest(
                    olderThanMs: Self.olderThanMs, after: after, limit: Self.page))
            for payment in reply.payments { try await adopt(payment) }
            after = reply.next
        } while after != nil
    }

    private func adopt(_ hold: HoldReply) async throws {
        guard let orderID = hold.orderId, let eventID = hold.eventId else { return }
        guard hold.holdId == UUID.derived(from: orderID, "hold") else {
            return world.log.error("adoption_foreign_hold", ["hold": hold.holdId])
        }
        _ = try await adopt(
            orderID, owner: hold.owner ?? "unknown", eventID: eventID, lines: hold.lines,
            paidBy: nil)
    }

    /// Its event is not known here, and nothing asks for it: only money and stock go back. A
    /// payment of a checkout that is known, but not by it, has lost to another one.
    private func adopt(_ payment: PaymentReply) async throws {
        let isAdopted = try await adopt(
            payment.checkoutId, owner: "unknown", eventID: payment.checkoutId, lines: [],
            paidBy: payment.paymentId)
        guard !isAdopted, let checkout = try await journal.find(payment.checkoutId),
            !checkout.isPaid(by: payment.paymentId)
        else { return }
        world.log.warning(
            "stray_payment", ["order": checkout.id, "payment": payment.paymentId])
        try await giveUp(payment)
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

    /// False when the checkout is known.
    private func adopt(
        _ id: UUID, owner: String, eventID: UUID, lines: [PricedLine], paidBy payment: UUID?
    ) async throws -> Bool {
        guard
            let checkout = try await journal.adopt(
                id, owner: owner, eventID: eventID, lines: lines, paidBy: payment)
        else { return false }
        world.log.warning("adopted", ["order": id])
        runner.start(checkout)
        return true
    }
}
