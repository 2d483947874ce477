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

    /// Every invariant of every service. What is not settled yet is not judged, unless it must be.
    func verify(finally: Bool) async throws {
        try await verify(.inventory, InventoryAPI.verifyInvariants, finally)
        try await verify(.payments, PaymentsAPI.verifyInvariants, finally)
        try await verify(.orders, OrdersAPI.verifyInvariants, finally)
    }

    private func verify(
        _ kind: Node.Kind, _ method: Method<VerifyRequest, VerifyReply>, _ finally: Bool
    ) async throws {
        let answer = try await town.insist(
            "operator", kind, method, VerifyRequest(), forMs: 60_000)
        guard case .success(let reply) = answer else {
            return town.violation("\(method.name): \(String(describing: answer))")
        }
        for violation in reply.violations {
            town.violation(
                "\(violation.invariant) \(violation.subject): \(violation.actual), "
                    + "not \(violation.expected)")
        }
        if finally, reply.pending > 0 {
            town.violation("\(method.name): \(reply.pending) things do not settle")
        }
    }

    /// Every purchase has ended, as its buyer was told, and the money is where it belongs.
    func judge() async throws {
        var sold: [UUID: Int64] = [:]
        var paid: [UUID: Int64] = [:]
        for id in log.purchases {
            guard let told = log.told(id) else { continue }
            let answer = try await town.insist(
                "gateway", .orders, OrdersAPI.getCheckout, GetCheckoutRequest(checkoutId: id),
                forMs: 60_000)
            guard case .success(let end) = answer else {
                guard case .failure(let error) = answer, error.reason == .checkoutNotFound,
                    told.order == nil
                else { town.violation("\(id): \(String(describing: answer))"); continue }
                continue
            }
            if !end.state.isTerminal { town.violation("\(id) does not end: \(end.state.word)") }
            check(id, told, end)
            guard end.state == .completed, let order = end.order else { continue }
            for item in order.items { sold[item.ticketTypeId, default: 0] += item.quantity }
            if order.tickets.count != Int(exactly: order.totalQuantity) {
                town.violation("\(id): \(order.tickets.count) tickets for \(order.totalQuantity)")
            }
            if let payment = order.paymentId { paid[payment] = order.total.amount }
        }
        try await checkStock(sold)
        try await checkMoney(paid)
    }

    private func check(_ id: UUID, _ told: CallersLog.Told, _ end: CheckoutReply) {
        if let order = told.order, end.state != .completed || end.order != order {
            town.violation("\(id) was told COMPLETED, and ended \(end.state.word) or otherwise")
        }
        if let refusal = told.refusal, end.state == .completed {
            town.violation("\(id) was told \(refusal), and ended COMPLETED")
        }
        if let total = told.total, let order = end.order, order.total != total {
            town.violation("\(id) was told \(total), and paid \(order.total)")
        }
    }

    private func checkStock(_ sold: [UUID: Int64]) async throws {
        for stage in Set(log.purchases.compactMap { log.told($0)?.stage.event }).sorted(by: {
            $0.uuidString < $1.uuidString
        }) {
            let answer = try await town.insist(
                "gateway", .inventory, InventoryAPI.getAvailability,
                GetAvailabilityRequest(eventId: stage), forMs: 60_000)
            guard case .success(let stock) = answer else {
                town.violation("availability: \(String(describing: answer))")
                continue
            }
            for type in stock.types where type.sold != sold[type.ticketTypeId] ?? 0 {
                town.violation(
                    "type \(type.ticketTypeId): \(type.sold) sold, "
                        + "\(sold[type.ticketTypeId] ?? 0) in orders")
            }
            if stock.event.held != 0 {
                town.violation("event \(stage): \(stock.event.held) still held")
            }
            if let capacity = stock.event.capacity, stock.event.sold > capacity {
                town.violation("event \(stage): oversold, \(stock.event.sold) of \(capacity)")
            }
        }
    }

    /// What the provider took and kept is what completed orders cost, payment by payment.
    private func checkMoney(_ paid: [UUID: Int64]) async throws {
        guard let journal = town.node(.payments)?.databases.last else {
            return town.violation("payments has no journal")
        }
        let kept = try await journal.read { reader in
            try reader.query(
                """
                SELECT payment_id, is_captured * amount_minor - refunded_minor FROM sim_payment
                ORDER BY payment_id
                """
            ) { (id: try $0.next(UUID.self), minor: try $0.next(Int64.self)) }
        }
        let known = Set(kept.map(\.id))
        for payment in kept where payment.minor != paid[payment.id] ?? 0 {
            town.violation(
                "payment \(payment.id): the provider keeps \(payment.minor), "
                    + "the order costs \(paid[payment.id] ?? 0)")
        }
        for id in paid.keys.sorted(by: { $0.uuidString < $1.uuidString }) where !known.contains(id)
        {
            town.violation("payment \(id): the provider never heard of it")
        }
    }
}
