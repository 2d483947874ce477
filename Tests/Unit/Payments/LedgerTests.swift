import Contracts
import FoundationEssentials
import Lifecycle
import Storage
import Stores
import Support
import Testing
import Text

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
        try Desk.run { desk in
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
        try Desk.run { desk in
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
        try Desk.run { desk in
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
        try Desk.run { desk in
            _ = try await desk.create(createRequest(1, checkout: 0xc1))
            _ = try await desk.create(createRequest(2, checkout: 0xc2))
            try await desk.database.write { batch in
                for account in ["clearing:sim", "fees:sim", "revenue:a"] {
                    let place = LedgerPlace(account: ByteText(account), currency: "CHF")
                    try batch.keep(place, debit: 1, credit: 1)
                }
            }
            let all = try await desk.store.balance(.init()).accounts
            #expect(all.map(\.account) == all.map(\.account).sorted())
            #expect(all.count == 7)
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

    /// Whoever asks for balances reads no line of the ledger, however many there are.
    @Test func balancesAreKeptAndMendedByTheLedger() throws {
        try Desk.run { desk in
            for number in [1, 2] as [UInt8] {
                _ = try await desk.create(createRequest(number, checkout: 0xc0 + number))
            }
            try desk.orders.say(OrdersFact.orderCompleted, checkout: 0xc1)
            try await desk.work(forMs: 1_000)
            let before = try await desk.store.balance(.init())
            for wrong in [
                "UPDATE ledger_balance SET credit_minor = credit_minor + 1",
                "UPDATE ledger_balance SET debit_minor = 0", "DELETE FROM ledger_balance",
                "INSERT INTO ledger_balance VALUES ('fees:nobody', 'CHF', 1, 1)",
            ] as [SQL] {
                try await desk.database.write { _ = try $0.execute(wrong) }
                #expect(try await desk.store.balance(.init()) != before)
                let found = try await desk.store.verify(VerifyRequest()).violations
                #expect(!found.isEmpty && found.allSatisfy { $0.invariant == "P-5" })
                try await Recount.balances(in: desk.database, world: desk.test.world).recount()
                #expect(try await desk.store.verify(VerifyRequest()).violations == [])
            }
            let mended = try await desk.store.balance(.init())
            #expect(mended.accounts.filter { $0.account != "fees:nobody" } == before.accounts)
            try await desk.database.write { _ = try $0.execute("DELETE FROM ledger_entry") }
            #expect(try await desk.store.balance(.init()) == mended)
        }
    }

    /// A store that kept no sums has them when it is opened, of what it has booked.
    @Test func sumsOfWhatWasBookedBefore() throws {
        let test = TestWorld()
        try test.run {
            let folder = try StoreFolder()
            let old = try await Database.open(
                folder.location("payments"),
                migrations: PaymentsSchema.migrations.filter { $0.version < 6 },
                world: test.world, mode: .scheduled)
            try await old.write { batch in
                let accounts = ["revenue:AB", "revenue:ab", "fees:sim", "funds:1", "tax_payable"]
                for (number, account) in accounts.enumerated() {
                    try batch.insert(
                        LedgerRow(
                            key: .init(ref: id(1), kind: "CAPTURED", line: Int64(number)),
                            account: account, currency: euro.code, debit: 1,
                            credit: Int64(number), at: batch.now))
                }
            }
            await old.close()
            let desk = try await Desk(test, folder: folder)
            try await Recount.balances(in: desk.database, world: test.world).recount()
            let accounts = try await desk.store.balance(.init()).accounts
            #expect(accounts.map(\.account) == ["fees:sim", "revenue:ab", "tax_payable"])
            #expect(accounts.map(\.debit) == [1, 2, 1] && accounts.map(\.credit) == [2, 1, 4])
            await desk.close()
        }
    }

    /// Rows of versions that wrote ids in capitals, and of such an instance beside this one, are
    /// the same accounts; and a prefix is found as a reply or as an old log has it.
    @Test func accountsAreTheSameInCapitals() throws {
        try Desk.run { desk in
            _ = try await desk.create(createRequest(1, checkout: 0xc1))
            _ = try await desk.create(createRequest(2, checkout: 0xc2))
            try desk.orders.say(OrdersFact.orderCompleted, checkout: 0xc1)
            try await desk.work(forMs: 1_000)
            try await desk.database.write { batch in
                _ = try batch.execute(
                    """
                    UPDATE ledger_entry SET account = 'funds:' || upper(substr(account, 7))
                    WHERE account LIKE 'funds:%'
                    """)
                _ = try batch.execute(
                    """
                    UPDATE ledger_entry SET account = 'revenue:' || upper(substr(account, 9))
                    WHERE account LIKE 'revenue:%'
                    """)
            }
            #expect(try await desk.store.verify(VerifyRequest()).violations == [])
            for (name, prefix) in [
                (Account.revenue(event: eventID).name, "revenue:" + eventID.uuidString),
                (Account.funds(checkout: id(0xc2)).name, "funds:" + id(0xc2).uuidString),
            ] {
                for prefix in [name, prefix] {
                    let accounts = try await desk.store.balance(
                        LedgerBalanceRequest(prefix: prefix)
                    ).accounts
                    #expect(accounts.map(\.account) == [name])
                    #expect(accounts.first?.credit == 10_000)
                }
            }
        }
    }
}
