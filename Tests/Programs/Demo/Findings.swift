import Contracts
import FoundationEssentials
import Lifecycle

/// What an audit compared, and what it found wrong.
struct Findings: Sendable {
    private(set) var checked: Int64 = 0
    private(set) var problems: [String] = []
    var ledger = Ledger()
    var stock: AvailabilityReply?

    mutating func check(_ isRight: Bool, _ problem: @autoclosure () -> String) {
        checked += 1
        if !isRight { problems.append(problem()) }
    }

    /// Each buyer: a completed purchase has its order, its tickets and its payment; any other has
    /// no order and costs nothing, and who is told of a refund had paid. All of them: what they
    /// paid is what the ledger says.
    mutating func judge(_ attempts: [Attempt], _ seen: [Sight], _ offer: Offer) {
        var codes: Set<String> = []
        var revenue: Int64 = 0
        var (captured, refunded, fees) = (Int64(0), Int64(0), Int64(0))
        for (attempt, sight) in zip(attempts, seen) {
            captured += sight.captured
            refunded += sight.refunded
            fees += sight.fees
            let name = "purchase \(attempt.purchaseID.text) (\(attempt.outcome.rawValue))"
            check(
                sight.outcome == attempt.outcome,
                "\(name): Orders says \(sight.outcome?.rawValue ?? "that it has not ended")")
            if attempt.outcome == .completed {
                revenue += attempt.expectedTotal.amount
                judge(name, attempt, sight, &codes)
            } else {
                check(attempt.outcome != .unknown, "\(name): how it ended is not known")
                check(sight.order == nil, "\(name): an order exists all the same")
                check(sight.kept == 0, "\(name): charged \(sight.kept) without a ticket")
                let isPaid = sight.captured == attempt.expectedTotal.amount
                check(
                    attempt.outcome != .refunded || isPaid,
                    "\(name): \(sight.captured) was paid, not \(attempt.expectedTotal.amount)")
            }
        }
        check(ledger.isBalanced, "the ledger's debits are not its credits")
        same(ledger.revenue + ledger.tax, revenue, "revenue and tax, against the buyers' totals")
        same(ledger.taken, captured, "money taken, against the payments")
        same(ledger.fees, fees, "the provider's fees, against the payments")
        same(ledger.refunded, refunded, "refunds, against the payments")
        same(ledger.owed, 0, "owed to buyers")
        for account in ledger.strandedAccounts { check(false, "money is left in \(account)") }
    }

    private mutating func judge(
        _ name: String, _ attempt: Attempt, _ sight: Sight, _ codes: inout Set<String>
    ) {
        guard let order = sight.order else { return check(false, "\(name): it has no order") }
        check(order.status == .completed, "\(name): its order is \(order.status.word)")
        check(
            order.total == attempt.expectedTotal,
            "\(name): its order costs \(order.total.amount), not \(attempt.expectedTotal.amount)")
        check(
            sight.kept == attempt.expectedTotal.amount,
            "\(name): charged \(sight.kept), not \(attempt.expectedTotal.amount)")
        for line in attempt.lines {
            let count = order.tickets.count { $0.ticketTypeId == line.ticketTypeId }
            check(
                Int64(count) == line.quantity,
                "\(name): \(count) tickets of \(line.ticketTypeId), not \(line.quantity)")
        }
        check(
            Int64(order.tickets.count) == attempt.quantity,
            "\(name): \(order.tickets.count) tickets, not \(attempt.quantity)")
        for ticket in order.tickets {
            check(
                codes.insert(ticket.code).inserted, "\(name): a ticket's code is another's too")
        }
    }

    /// Orders has exactly the purchases that the buyers know as completed.
    mutating func judge(_ orders: [UUID], _ attempts: [Attempt]) {
        let listed = Set(orders)
        let known = Set(attempts.filter { $0.outcome == .completed }.map(\.purchaseID))
        check(listed.count == orders.count, "an order is listed twice")
        let lost = known.subtracting(listed).map(\.uuidString).sorted()
        let extra = listed.subtracting(known).map(\.uuidString).sorted()
        check(lost.isEmpty, "\(lost.count) orders are lost, such as \(lost.first ?? "")")
        check(
            extra.isEmpty, "\(extra.count) orders that no buyer completed: \(extra.first ?? "")")
    }

    /// Inventory has sold what the buyers bought, type by type, and holds nothing.
    mutating func judge(_ stock: AvailabilityReply, _ attempts: [Attempt], _ offer: Offer) {
        self.stock = stock
        var bought: [UUID: Int64] = [:]
        for line in attempts.filter({ $0.outcome == .completed }).flatMap(\.lines) {
            bought[line.ticketTypeId, default: 0] += line.quantity
        }
        for type in offer.types {
            let sold = stock.types.first { $0.ticketTypeId == type.id }?.sold ?? 0
            same(sold, bought[type.id, default: 0], "\(type.entry.name), sold against bought")
            if let allocation = type.entry.allocation {
                check(sold <= allocation, "\(type.entry.name): \(sold) sold of \(allocation)")
            }
        }
        same(stock.event.held, 0, "tickets still held")
        same(stock.event.sold, offer.places, "tickets sold, against the places")
    }

    private mutating func same(_ actual: Int64, _ expected: Int64, _ what: String) {
        check(actual == expected, "\(what): \(actual), not \(expected)")
    }
}
