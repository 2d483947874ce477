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
        var owned: [Share: Int64] = [:]
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
            for item in order.items {
                sold[item.ticketTypeId, default: 0] += item.quantity
                guard let limit = told.stage.limits[item.ticketTypeId] else { continue }
                let share = Share(owner: told.owner, type: item.ticketTypeId)
                owned[share, default: 0] += item.quantity
                if let has = owned[share], has > limit {
                    faults.append("\(told.owner) has \(has) of \(item.ticketTypeId)")
                }
            }
            let given = min(order.totalQuantity, Int64(Bounds.ticketsPerReply))
            if order.ticketsTotal != order.totalQuantity || order.tickets.count != given {
                faults.append(
                    "\(id): \(order.tickets.count) of \(order.ticketsTotal) tickets for "
                        + "\(order.totalQuantity)")
            }
            if let payment = order.paymentId { paid[payment] = order.total.amount }
        }
        let pending = try await verify()
        if pending > 0 { faults.append("\(pending) things do not settle") }
        return try await faults + stock(sold) + money(paid) + time() + prices() + reclaimed()
    }

    /// A hold costs for ever what it cost when it was made.
    private func prices() async throws -> [String] {
        var faults: [String] = []
        for hold in log.holds {
            let answer = try await town.insist(
                "gateway", .inventory, InventoryAPI.getHold, GetHoldRequest(holdId: hold.id),
                forMs: 60_000)
            let now = try? answer?.get().lines.map { [$0.unitPrice, $0.fee, $0.tax] }
            if now != hold.lines.map({ [$0.unitPrice, $0.fee, $0.tax] }) {
                faults.append("hold \(hold.id) cost \(hold.lines), and now \(answer as Any)")
            }
        }
        return faults
    }

    /// Late payments take stock again only at events that allow it.
    private func reclaimed() async throws -> [String] {
        let strict = Set(
            log.purchases.compactMap { log.told($0)?.stage }.filter { !$0.lateReclaim }.map(\.event)
        )
        let holds = try await town.node(.inventory)?.databases.first?.read { reader in
            try reader.query("SELECT hold_id, event_id FROM hold WHERE is_reclaimed = 1") {
                (id: try $0.next(UUID.self), event: try $0.next(UUID.self))
            }
        }
        return (holds ?? []).filter { strict.contains($0.event) }.map {
            "hold \($0.id) was paid too late, and took stock again"
        }
    }

    /// What one owner has of a type.
    private struct Share: Hashable {
        let owner: String
        let type: UUID
    }

    /// Time never goes back for a service, whatever its wall clock did.
    private func time() async throws -> [String] {
        var faults: [String] = []
        for node in town.nodes {
            let turns = try await node.databases.first?.read { reader in
                try reader.query(
                    """
                    SELECT b.seq FROM outbox a JOIN outbox b ON b.seq = a.seq + 1
                    WHERE b.at < a.at ORDER BY b.seq LIMIT 1
                    """
                ) { try $0.next(Int64.self) }
            }
            for seq in turns ?? [] { faults.append("\(node.name): time went back at fact \(seq)") }
        }
        return faults
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
        guard let booked = try await booked() else { return ["no ledger"] }
        let sum = kept.reduce(0) { $0 + $1.minor }
        if booked != sum { faults.append("the provider keeps \(sum), the ledger says \(booked)") }
        let known = Set(kept.map(\.id))
        for payment in kept where payment.minor != paid[payment.id] ?? 0 {
            faults.append(
                "payment \(payment.id): the provider keeps \(payment.minor), "
                    + "the order costs \(paid[payment.id] ?? 0); "
                    + "\(try await whatIsKnown(payment.id))")
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

    /// What the provider owes us, with the fees that it has kept, by our own ledger.
    private func booked() async throws -> Int64? {
        try await town.node(.payments)?.databases.first?.read { reader in
            try reader.query(
                """
                SELECT COALESCE(CAST(SUM(debit_minor - credit_minor) AS BIGINT), 0)
                FROM ledger_entry WHERE account LIKE 'clearing:%' OR account LIKE 'fees:%'
                """
            ) { try $0.next(Int64.self) }.first
        } ?? nil
    }
}
