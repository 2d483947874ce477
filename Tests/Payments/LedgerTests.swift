import Contracts
import FoundationEssentials
import Lifecycle
import Storage
import Support
import Testing

@testable import Payments

private let now = Instant(milliseconds: 1_800_000_000_000)

private func sold(captured: Int64, tax: Int64, refundOwed: Int64 = 0) -> Payment {
    var payment = PaymentRules.create(createRequest(amount: captured), now: now).payment
    payment.state = .captured
    payment.captured = captured
    payment.fee = 165
    payment.tax = tax
    payment.refundOwed = refundOwed
    return payment
}

private func refund(_ amount: Int64) -> Refund {
    Refund(
        refundID: id(0x51), paymentID: id(1), checkoutID: id(0xc1), provider: "sim",
        amount: euros(amount), kind: .buyer, reason: "test", createdAt: now)
}

extension Booking {
    fileprivate var sum: Int64 { lines.reduce(0) { $0 + $1.debit - $1.credit } }

    fileprivate func amount(of account: Account) -> Int64 {
        lines.filter { $0.account == account.name }.reduce(0) { $0 + $1.debit - $1.credit }
    }
}

@Suite struct LedgerTests {
    /// M-1 for all bookings over awkward amounts: a fee above the amount, tax that does not divide.
    @Test(arguments: [1, 2, 3, 99, 100, 101, 10_000, 999_999_999_999], [0, 1, 33, 9_091])
    func everyBookingBalances(captured: Int64, wantedTax: Int64) throws {
        let tax = min(wantedTax, captured)
        var payment = sold(captured: captured, tax: tax)
        let terms = try #require(payment.terms)
        var bookings = [Booking.captured(payment, terms), .completed(payment, terms)]
        payment.outcome = .completed
        let parts = [captured / 3, captured / 3, captured - 2 * (captured / 3)]
        for part in parts where part > 0 {
            bookings.append(.refundOwed(refund(part), payment, terms))
            bookings.append(.refunded(refund(part)))
            payment.refundOwed += part
        }
        for booking in bookings {
            #expect(booking.sum == 0, "\(booking)")
            #expect(booking.lines.allSatisfy { $0.debit >= 0 && $0.credit >= 0 })
        }
        let total = { (account: Account) in bookings.reduce(0) { $0 + $1.amount(of: account) } }
        #expect(total(.taxPayable) == 0)
        #expect(total(.revenue(event: eventID)) == 0)
        #expect(total(.funds(checkout: id(0xc1))) == 0)
        #expect(total(.refundsPayable) == 0)
    }

    @Test func aSaleIsRevenueAndTax() throws {
        let payment = sold(captured: 10_000, tax: 909)
        let booking = Booking.completed(payment, try #require(payment.terms))
        #expect(booking.amount(of: .funds(checkout: id(0xc1))) == 10_000)
        #expect(booking.amount(of: .revenue(event: eventID)) == -9_091)
        #expect(booking.amount(of: .taxPayable) == -909)
    }

    /// What was owed back before Orders' fact came is not sold.
    @Test func aSaleAfterAPartialRefundLeavesTheFundsEmpty() throws {
        let test = TestWorld()
        try test.run {
            let desk = try await Desk(test)
            _ = try await desk.create()
            _ = try await desk.refund(amount: 2_500)
            try desk.orders.say(OrdersFact.orderCompleted, tax: 1_000)
            try await desk.work(forMs: 1_000)
            #expect(try await desk.funds() == 0)
            #expect(try await desk.balance("tax_payable") == -750)
            #expect(try await desk.balance(Account.revenue(event: eventID).name) == -6_750)
            #expect(try await desk.violations() == [])
        }
    }

    @Test func aRefundAfterTheSaleComesOutOfRevenueAndTax() throws {
        let test = TestWorld()
        try test.run {
            let desk = try await Desk(test)
            _ = try await desk.create()
            try desk.orders.say(OrdersFact.orderCompleted, tax: 1_000)
            try await desk.work(forMs: 1_000)
            _ = try await desk.refund(0x51, amount: 2_500)
            #expect(try await desk.balance("tax_payable") == -750)
            _ = try await desk.refund(0x52, amount: 7_500)
            #expect(try await desk.balance("tax_payable") == 0)
            #expect(try await desk.balance(Account.revenue(event: eventID).name) == 0)
            #expect(try await desk.violations() == [])
        }
    }

    @Test func balancesComeWithTheTrialBalance() throws {
        let test = TestWorld()
        try test.run {
            let desk = try await Desk(test)
            _ = try await desk.create(createRequest(1, checkout: 0xc1))
            _ = try await desk.create(createRequest(2, checkout: 0xc2))
            try desk.orders.say(OrdersFact.orderCompleted, checkout: 0xc1)
            try await desk.work(forMs: 1_000)
            let all = try await desk.store.balance(.init())
            #expect(all.trialBalance == ["EUR": 0])
            #expect(
                all.accounts.map(\.account) == [
                    "clearing:sim", "fees:sim", Account.funds(checkout: id(0xc2)).name,
                    Account.revenue(event: eventID).name,
                ])
            #expect(all.accounts.first?.debit == 19_670)
            let funds = try await desk.store.balance(.init(prefix: "funds:"))
            #expect(funds.accounts.map(\.credit) == [10_000])
            let next = try await desk.store.balance(.init(limit: 1))
            let second = try await desk.store.balance(.init(after: next.next, limit: 1))
            #expect(second.accounts.map(\.account) == ["fees:sim"])
        }
    }

    @Test(arguments: 1...4)
    func aPageMayEndBetweenTheCurrenciesOfAnAccount(limit: Int64) throws {
        let test = TestWorld()
        try test.run {
            let desk = try await Desk(test)
            _ = try await desk.create(createRequest(1, checkout: 0xc1))
            _ = try await desk.create(createRequest(2, checkout: 0xc2))
            try await desk.database.write { batch in
                _ = try batch.execute(
                    "UPDATE ledger_entry SET currency = 'CHF' WHERE ref = \(id(2))")
            }
            let all = try await desk.store.balance(.init()).accounts
            #expect(all.count == 6)
            var paged: [AccountBalance] = []
            var after: String?
            repeat {
                let page = try await desk.store.balance(.init(after: after, limit: limit))
                paged += page.accounts
                after = page.next
            } while after != nil
            #expect(paged == all)
        }
    }

    /// Rows of versions that wrote ids in capitals, and of such an instance beside this one, are
    /// the same accounts; and a prefix is found as a reply or as an old log has it.
    @Test func accountsAreTheSameInCapitals() throws {
        let test = TestWorld()
        try test.run {
            let desk = try await Desk(test)
            _ = try await desk.create(createRequest())
            try await desk.database.write { batch in
                _ = try batch.execute(
                    """
                    UPDATE ledger_entry SET account = 'funds:' || upper(substr(account, 7))
                    WHERE account LIKE 'funds:%'
                    """)
            }
            let name = "funds:" + id(0xc1).text
            for prefix in [name, "funds:" + id(0xc1).uuidString] {
                let accounts = try await desk.store.balance(LedgerBalanceRequest(prefix: prefix))
                    .accounts
                #expect(accounts.map(\.account) == [name])
                #expect(accounts.first?.credit == 10_000)
            }
        }
    }
}
