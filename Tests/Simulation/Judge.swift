import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Storage
import Support

/// Compares what the callers were told with what the services keep, and both with the provider's
/// own journal.
struct Judge: Sendable {
    let town: Town
    let log: CallersLog

    /// Every invariant of every service; gives how many things are not settled, and so not judged.
    func verify() async throws -> Int64 {
        try await verify(.inventory, InventoryAPI.verifyInvariants)
            + verify(.payments, PaymentsAPI.verifyInvariants)
            + verify(.orders, OrdersAPI.verifyInvariants)
    }

    private func verify(
        _ kind: Node.Kind, _ method: Method<VerifyRequest, VerifyReply>
    ) async throws -> Int64 {
        let answer = try await town.insist(
            "operator", kind, method, VerifyRequest(), forMs: 60_000)
        guard case .success(let reply) = answer else {
            town.violation("\(method.name): \(String(describing: answer))")
            return 0
        }
        for violation in reply.violations {
            town.violation(
                "\(violation.invariant) \(violation.subject): \(violation.actual), "
                    + "not \(violation.expected)")
        }
        return reply.pending
    }

    /// What is not as it must be once everything has come to its end: every purchase ends as its
    /// buyer was told, stock is free or sold, and the money is where it belongs.
    func faults() async throws -> [String] {
        var sold: [UUID: Int64] = [:]
        var paid: [UUID: Int64] = [:]
        var faults: [String] = []
        for id in log.purchases {
            guard let told = log.told(id) else { continue }
            let answer = try await town.insist(
                "gateway", .orders, OrdersAPI.getCheckout, GetCheckoutRequest(checkoutId: id),
                forMs: 60_000)
            guard case .success(let end) = answer else {
                guard case .failure(let error) = answer, error.reason == .checkoutNotFound,
                    told.order == nil
                else {
                    faults.append("\(id): \(String(describing: answer))")
                    continue
                }
                continue
            }
            if !end.state.isTerminal {
                faults.append("\(id) does not end: \(end) \(try await saga(of: id))")
            }
            faults += check(id, told, end)
            guard end.state == .completed, let order = end.order else { continue }
            for item in order.items { sold[item.ticketTypeId, default: 0] += item.quantity }
            if order.tickets.count != Int(exactly: order.totalQuantity) {
                faults.append("\(id): \(order.tickets.count) tickets for \(order.totalQuantity)")
            }
            if let payment = order.paymentId { paid[payment] = order.total.amount }
        }
        let pending = try await verify()
        if pending > 0 { faults.append("\(pending) things do not settle") }
        return try await faults + stock(sold) + money(paid)
    }

    private func check(
        _ id: UUID, _ told: CallersLog.Told, _ end: CheckoutReply
    ) -> [String] {
        var faults: [String] = []
        if let order = told.order, end.state != .completed || end.order != order {
            faults.append("\(id) was told COMPLETED, and ended \(end.state.word) or otherwise")
        }
        if let refusal = told.refusal, end.state == .completed {
            faults.append("\(id) was told \(refusal), and ended COMPLETED")
        }
        if let total = told.total, let order = end.order, order.total != total {
            faults.append("\(id) was told \(total), and paid \(order.total)")
        }
        return faults
    }

    private func stock(_ sold: [UUID: Int64]) async throws -> [String] {
        var faults: [String] = []
        for stage in Set(log.purchases.compactMap { log.told($0)?.stage.event }).sorted(by: {
            $0.uuidString < $1.uuidString
        }) {
            let answer = try await town.insist(
                "gateway", .inventory, InventoryAPI.getAvailability,
                GetAvailabilityRequest(eventId: stage), forMs: 60_000)
            guard case .success(let stock) = answer else {
                faults.append("availability: \(String(describing: answer))")
                continue
            }
            for type in stock.types where type.sold != sold[type.ticketTypeId] ?? 0 {
                faults.append(
                    "type \(type.ticketTypeId): \(type.sold) sold, "
                        + "\(sold[type.ticketTypeId] ?? 0) in orders")
            }
            if stock.event.held != 0 {
                faults.append("event \(stage): \(stock.event.held) still held")
            }
            if let capacity = stock.event.capacity, stock.event.sold > capacity {
                faults.append("event \(stage): oversold, \(stock.event.sold) of \(capacity)")
            }
        }
        return faults
    }

    /// What the provider took and kept is what completed orders cost, payment by payment. Read from
    /// its journal by rules written a second time: a sale is money unless it was voided, once it is
    /// due; late money comes whatever was voided; what is authorised must be captured.
    private func money(_ paid: [UUID: Int64]) async throws -> [String] {
        guard let journal = town.node(.payments)?.databases.last else { return ["no journal"] }
        let now = town.world.now
        var faults: [String] = []
        let kept = try await journal.read { reader in
            try reader.query(
                """
                SELECT payment_id, CASE
                    WHEN fate IN ('sim_declined', 'unknown') THEN 0
                    WHEN is_captured = 1 THEN amount_minor
                    WHEN is_sale = 0 OR (is_voided = 1 AND fate <> 'sim_late') THEN 0
                    WHEN fate IN ('sim_late', 'sim_action') AND due_at > \(now) THEN 0
                    ELSE amount_minor END - refunded_minor
                FROM sim_payment ORDER BY payment_id
                """
            ) { (id: try $0.next(UUID.self), minor: try $0.next(Int64.self)) }
        }
        let known = Set(kept.map(\.id))
        for payment in kept where payment.minor != paid[payment.id] ?? 0 {
            faults.append(
                "payment \(payment.id): the provider keeps \(payment.minor), "
                    + "the order costs \(paid[payment.id] ?? 0); \(try await whatIsKnown(payment.id))"
            )
        }
        for id in paid.keys.sorted(by: { $0.uuidString < $1.uuidString }) where !known.contains(id)
        {
            faults.append("payment \(id): the provider never heard of it")
        }
        return faults
    }

    /// What Payments thinks of a payment and Orders of its checkout, for whoever has to find out.
    private func whatIsKnown(_ id: UUID) async throws -> String {
        let answer = try await town.insist(
            "operator", .payments, PaymentsAPI.getPayment, GetPaymentRequest(paymentId: id),
            forMs: 10_000)
        guard case .success(let payment) = answer else { return "\(String(describing: answer))" }
        return "\(payment) \(try await saga(of: payment.checkoutId))"
    }

    private func saga(of checkout: UUID) async throws -> String {
        let saga = try await town.insist(
            "operator", .orders, OrdersAPI.getSaga, GetSagaRequest(checkoutId: checkout),
            forMs: 10_000)
        return String(describing: saga)
    }
}
