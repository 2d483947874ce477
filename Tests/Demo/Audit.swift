import Contracts
import FoundationEssentials
import Lifecycle
import Processes
import RPC

/// Compares what the buyers know with what the services say afterwards. It uses nothing but the
/// buyers' own log and public methods, so that it does not share a mistake with VerifyInvariants.
struct Audit: Sendable {
    let offer: Offer
    let attempts: [Attempt]
    let suite: ServiceSuite
    let world: World

    private static let atOnce = 32

    func run() async throws -> Findings {
        let gateway = suite.client(of: .orders, as: "gateway")
        let orders = suite.client(of: .orders, as: "operator")
        let payments = suite.client(of: .payments, as: "operator")
        let inventory = suite.client(of: .inventory, as: "operator")
        defer { for client in [gateway, orders, payments, inventory] { client.close() } }
        var findings = Findings()
        findings.ledger = try await Ledger.read(payments, offer.eventID)
        let seen = try await eachAttempt(gateway, payments)
        findings.judge(attempts, seen, offer)
        findings.judge(try await orderIDs(orders), attempts)
        let stock = try await inventory.call(
            InventoryAPI.getAvailability, GetAvailabilityRequest(eventId: offer.eventID))
        findings.judge(stock, attempts, offer)
        return findings
    }

    /// What Orders and Payments say of each attempt, in the order of the log.
    private func eachAttempt(_ orders: Client, _ payments: Client) async throws -> [Sight] {
        let sights = try await withThrowingTaskGroup(of: (Int, Sight).self) { group in
            var sights = [Sight](repeating: Sight(), count: attempts.count)
            for (index, attempt) in attempts.enumerated() {
                if index >= Self.atOnce, let (index, sight) = try await group.next() {
                    sights[index] = sight
                }
                group.addTask { (index, try await look(at: attempt, orders, payments)) }
            }
            for try await (index, sight) in group { sights[index] = sight }
            return sights
        }
        return sights
    }

    private func look(
        at attempt: Attempt, _ orders: Client, _ payments: Client
    ) async throws -> Sight {
        var sight = Sight()
        do {
            sight.order = try await orders.call(
                OrdersAPI.getOrder, GetOrderRequest(orderId: attempt.purchaseID))
        } catch let error as RPCError where error.reason == .notFound {}
        guard let payment = try await payment(of: attempt, sight.order, orders) else {
            return sight
        }
        do {
            sight.payment = try await payments.call(
                PaymentsAPI.getPayment, GetPaymentRequest(paymentId: payment))
        } catch let error as RPCError where error.reason == .paymentNotFound {}
        return sight
    }

    /// The payment of an attempt; nil when it was never so far.
    private func payment(
        of attempt: Attempt, _ order: OrderReply?, _ orders: Client
    ) async throws -> UUID? {
        if let known = order?.paymentId ?? attempt.paymentID { return known }
        do {
            let checkout = try await orders.call(
                OrdersAPI.getCheckout, GetCheckoutRequest(checkoutId: attempt.purchaseID))
            return checkout.payment?.paymentId
        } catch let error as RPCError where error.reason == .checkoutNotFound { return nil }
    }

    private func orderIDs(_ orders: Client) async throws -> [UUID] {
        var ids: [UUID] = []
        while true {
            let page = try await orders.call(
                OrdersAPI.listOrders,
                ListOrdersRequest(eventId: offer.eventID, after: ids.last, limit: 500))
            ids += page.orders.map(\.orderId)
            if !page.hasMore || page.orders.isEmpty { return ids }
        }
    }
}

/// What the services say of one attempt.
struct Sight: Sendable {
    var order: OrderReply?
    var payment: PaymentReply?

    /// What the buyer has paid and not got back, in minor units.
    var kept: Int64 { (payment?.captured?.amount ?? 0) - (payment?.refunded?.amount ?? 0) }
}
