import Contracts
import FoundationEssentials
import Lifecycle
import Support

@testable import Demo

/// A small event with what buyers and services would say of it.
struct SampleSale {
    static let euro = Currency("EUR")
    let world = TestWorld(seed: 1).world
    let offer: Offer

    init() throws {
        let file = try EventFile.parse(
            """
            {"title": "T", "startsInDays": 1, "currency": "EUR", "feePerTicket": 50,
             "ticketTypes": [
                {"name": "A", "price": 1000, "taxBasisPoints": 1000, "allocation": 3},
                {"name": "B", "price": 500, "allocation": 2, "maxPerOrder": 1}
             ]}
            """)
        offer = Offer(file, world: world)
    }

    func attempt(_ outcome: Outcome, _ quantity: Int64 = 1, type: Int = 0) -> Attempt {
        let lines = [HoldLine(ticketTypeId: offer.types[type].id, quantity: quantity)]
        var attempt = Attempt(
            purchaseID: world.newID(), lines: lines,
            expectedTotal: offer.total(of: lines) ?? Money(0, Self.euro))
        attempt.outcome = outcome
        return attempt
    }

    /// What the services say of an attempt when all is well.
    func sight(of attempt: Attempt) -> Sight {
        var sight = Sight()
        sight.outcome = attempt.outcome
        let total = attempt.expectedTotal
        if attempt.outcome == .completed {
            sight.order = order(attempt, total: total)
            sight.payments = [payment(attempt, captured: total.amount)]
        } else if attempt.outcome == .refunded {
            sight.payments = [
                payment(attempt, captured: total.amount, refunded: total.amount)
            ]
        }
        return sight
    }

    func order(
        _ attempt: Attempt, total: Money, status: OrderStatus = .completed, code: String? = nil
    ) -> OrderReply {
        let tickets = (0..<attempt.quantity).map { index in
            Ticket(
                ticketId: world.newID(), ticketTypeId: attempt.lines[0].ticketTypeId, index: index,
                code: code ?? "\(attempt.purchaseID)-\(index)", state: .valid)
        }
        return OrderReply(
            orderId: attempt.purchaseID, orderNumber: "N", eventId: offer.eventID, owner: "o",
            contact: Contact(email: "e@example.org"), status: status,
            totalQuantity: attempt.quantity, total: total, tax: Money(0, total.currency),
            paymentId: nil, provider: "sim",
            paidAt: world.now, completedAt: world.now, items: [],
            ticketsTotal: attempt.quantity, tickets: tickets, ticketsNext: nil)
    }

    func payment(_ attempt: Attempt, captured: Int64, refunded: Int64 = 0) -> PaymentReply {
        PaymentReply(
            paymentId: world.newID(), checkoutId: attempt.purchaseID, state: .captured, attempt: 1,
            amount: attempt.expectedTotal, authorised: nil, captured: Money(captured, Self.euro),
            refunded: Money(refunded, Self.euro), fee: Money(10, Self.euro), provider: "sim",
            captureMode: .sale, clientSecret: nil, lastError: nil, createdAt: world.now, version: 1)
    }

    /// The ledger when all is well: each payment costs a fee of 10.
    func ledger(of attempts: [Attempt]) -> Ledger {
        func sum(_ outcome: Outcome) -> Int64 {
            attempts.reduce(0) { $0 + ($1.outcome == outcome ? $1.expectedTotal.amount : 0) }
        }
        var ledger = Ledger()
        ledger.revenue = sum(.completed)
        ledger.refunded = sum(.refunded)
        let paid = attempts.count { $0.outcome == .completed || $0.outcome == .refunded }
        ledger.fees = Int64(paid) * 10
        ledger.balance = ledger.revenue - ledger.fees
        return ledger
    }

    func stock(sold: [Int64], held: Int64 = 0) -> AvailabilityReply {
        AvailabilityReply(
            seq: 1, stamp: 1,
            event: EventStock(
                capacity: 5, held: held, sold: sold.reduce(0, +), available: 0, atCapacity: true),
            types: zip(offer.types, sold).map { type, sold in
                TypeStock(
                    ticketTypeId: type.id, available: 0, heldByOthers: held, heldByYou: 0,
                    sold: sold, lowStock: true, nextReleaseAt: nil)
            }, serverTime: Instant(milliseconds: 0))
    }
}
