import Contracts
import FoundationEssentials
import Lifecycle
import Storage
import Support
import Testing

@testable import Payments

/// Each invariant is seen to fail: a violation is planted behind the service's back.
@Suite struct VerificationTests {
    private func plant(_ sql: SQL, _ expected: [String]) throws {
        try Desk.run { desk in
            _ = try await desk.create(createRequest(1, checkout: 0xc1))
            _ = try await desk.create(createRequest(2, checkout: 0xc2))
            _ = try await desk.create(createRequest(3, checkout: 0xc3))
            _ = try await desk.refund(0x51, of: 3, amount: 500)
            try desk.orders.say(OrdersFact.orderCompleted, checkout: 0xc2, tax: 909)
            try await desk.work(forMs: 1_000)
            #expect(try await desk.violations() == [])
            try await desk.database.write { batch in _ = try batch.execute(sql) }
            #expect(try await desk.violations() == expected)
        }
    }

    @Test func anUnbalancedBooking() throws {
        try plant(
            """
            UPDATE ledger_entry SET debit_minor = debit_minor + 1
            WHERE ref = \(id(1)) AND account = 'fees:sim'
            """, ["M-1", "P-5"])
    }

    @Test func aBookingThatBalancesAcrossCurrencies() throws {
        try plant(
            """
            UPDATE ledger_entry SET currency = 'USD'
            WHERE ref = \(id(1)) AND account = 'fees:sim'
            """, ["M-1", "M-1", "P-5", "P-5"])
    }

    @Test func aPaymentThatWasNeverBooked() throws {
        try plant("DELETE FROM ledger_entry WHERE ref = \(id(1))", ["M-1", "M-3", "P-5", "P-5"])
    }

    @Test func capturedOtherThanTheAmount() throws {
        try plant(
            "UPDATE payment SET amount_minor = 10001 WHERE payment_id = \(id(2))", ["M-2"])
    }

    @Test func capturedWithNothingCaptured() throws {
        try plant(
            "UPDATE payment SET captured_minor = 0 WHERE payment_id = \(id(1))", ["M-2", "M-3"])
    }

    @Test func refundsThatAreNotThePayments() throws {
        try plant("UPDATE refund SET amount_minor = 400", ["M-2"])
        try plant("DELETE FROM refund", ["M-2"])
        try plant("UPDATE payment SET refunded_minor = 0 WHERE refunded_minor > 0", ["M-2"])
    }

    @Test func moneyKeptForAnEndedCheckout() throws {
        try plant(
            """
            UPDATE payment SET outcome = 'cancelled', open_since = NULL
            WHERE payment_id = \(id(1))
            """, ["M-3"])
        try plant(
            "DELETE FROM ledger_entry WHERE kind = 'COMPLETED'", ["M-3", "P-5", "P-5"])
    }

    @Test func aKeptSumThatIsWrong() throws {
        try plant("UPDATE ledger_balance SET debit_minor = 1 WHERE account = 'fees:sim'", ["P-5"])
        try plant("DELETE FROM ledger_balance WHERE account LIKE 'revenue:%'", ["P-5"])
    }

    @Test func twoPaymentsOfOneCheckout() throws {
        try plant(
            "UPDATE payment SET checkout_id = \(id(0xc2)) WHERE payment_id = \(id(1))",
            ["M-3", "M-3", "M-4"])
    }

    @Test func aGapInTheFeed() throws {
        try plant("DELETE FROM outbox WHERE seq = 2", ["P-3"])
        try plant("DELETE FROM outbox WHERE seq = 4", ["P-3"])
    }

    @Test func aFactToldTwice() throws {
        try plant(
            "UPDATE outbox SET subject = \(id(1)) WHERE kind = 'payment.captured'", ["P-3"])
    }

    @Test func whatIsOnItsWayIsPending() throws {
        try Desk.run { desk in
            _ = try await desk.create()
            let open = try await desk.store.verify(VerifyRequest())
            #expect(open.pending == 1)
            #expect(open.checked > 0)
            try desk.orders.say(OrdersFact.orderCompleted)
            try await desk.work(forMs: 1_000)
            #expect(try await desk.store.verify(VerifyRequest()).pending == 0)
            let other = try await desk.store.verify(VerifyRequest(eventId: id(0xe2)))
            #expect(other.violations == [])
        }
    }
}
