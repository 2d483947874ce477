import Contracts
import FoundationEssentials
import Lifecycle
import Testing

@testable import Demo

/// Each kind of loss is found, and a sale without any is not accused.
struct FindingsTests {
    let sale: SampleSale
    let attempts: [Attempt]

    init() throws {
        sale = try SampleSale()
        attempts = [
            sale.attempt(.completed, 2), sale.attempt(.declined), sale.attempt(.completed, 1),
            sale.attempt(.refunded), sale.attempt(.completed, 1, type: 1),
            sale.attempt(.completed, 1, type: 1),
        ]
    }

    private func problems(
        _ attempts: [Attempt]? = nil, _ change: (inout [Sight]) -> Void = { _ in },
        ledger: (inout Ledger) -> Void = { _ in }
    ) -> [String] {
        let attempts = attempts ?? self.attempts
        var sights = attempts.map { sale.sight(of: $0) }
        change(&sights)
        var findings = Findings()
        findings.ledger = sale.ledger(of: attempts)
        ledger(&findings.ledger)
        findings.judge(attempts, sights, sale.offer)
        #expect(findings.checked > 0)
        return findings.problems
    }

    @Test func aCleanSaleHasNoProblems() { #expect(problems() == []) }

    @Test func aLostOrderIsFound() {
        #expect(problems { $0[0].order = nil } == [name(0) + ": it has no order"])
    }

    @Test func anUnfinishedOrderIsFound() {
        let found = problems {
            $0[0].order = sale.order(
                attempts[0], total: attempts[0].expectedTotal, status: .paid)
        }
        #expect(found == [name(0) + ": its order is PAID"])
    }

    @Test func anotherPriceIsFound() {
        let found = problems {
            $0[0].order = sale.order(attempts[0], total: Money(1, SampleSale.euro))
        }
        #expect(found == [name(0) + ": its order costs 1, not 2310"])
    }

    @Test func twoTicketsWithOneCodeAreFound() {
        let found = problems {
            $0[0].order = sale.order(attempts[0], total: attempts[0].expectedTotal, code: "same")
        }
        #expect(found == [name(0) + ": a ticket's code is another's too"])
    }

    @Test func moneyWithoutATicketIsFound() {
        let found = problems {
            // The second attempt to pay took it, and the first one did not.
            $0[1].payments = [0, 1155].map { sale.payment(attempts[1], captured: $0) }
        }
        #expect(found.contains { $0.hasSuffix("charged 1155 without a ticket") })
    }

    /// It came after the buyer had called it off.
    @Test func moneyThatWentBackIsNoProblem() {
        let attempts = [sale.attempt(.cancelled)]
        let found = problems(attempts) {
            $0[0].payments = [sale.payment(attempts[0], captured: 1155, refunded: 1155)]
        } ledger: {
            $0.refunded += 1155
            $0.fees += 10
            $0.balance -= 10
        }
        #expect(found == [])
    }

    @Test func aRefundOfNothingIsFound() {
        let found = problems { $0[3].payments = [] }
        #expect(found.contains(name(3) + ": 0 was paid, not 1155"))
    }

    @Test func halfARefundIsFound() {
        let found = problems {
            $0[3].payments = [sale.payment(attempts[3], captured: 1155, refunded: 155)]
        }
        #expect(found.contains(name(3) + ": charged 1000 without a ticket"))
        #expect(found.contains { $0.hasPrefix("refunds, against the payments") })
    }

    @Test func ordersThatTellSomethingElseThanTheBuyerHeardAreFound() {
        #expect(problems { $0[1].outcome = .cancelled } == [name(1) + ": Orders says cancelled"])
        #expect(
            problems { $0[1].outcome = nil } == [name(1) + ": Orders says that it has not ended"])
    }

    @Test func aTicketWithoutMoneyIsFound() {
        let found = problems { $0[0].payments = [] }
        #expect(found.contains(name(0) + ": charged 0, not 2310"))
    }

    @Test func anOrderBehindADeclineIsFound() {
        let found = problems {
            $0[1].order = sale.order(attempts[1], total: attempts[1].expectedTotal)
        }
        #expect(found == [name(1) + ": an order exists all the same"])
    }

    @Test func anUnknownEndIsFound() {
        #expect(problems([sale.attempt(.unknown)]).count == 1)
    }

    private static let figures: [(named: String, change: @Sendable (inout Ledger) -> Void)] = [
        ("revenue and tax", { $0.revenue += 1 }), ("money taken", { $0.balance += 1 }),
        ("owed", { $0.owed += 1 }),
        (
            "fees",
            {
                $0.fees += 1
                $0.balance -= 1
            }
        ),
        (
            "refunds",
            {
                $0.refunded += 1
                $0.balance -= 1
            }
        ),
    ]

    @Test(arguments: figures.indices)
    func aLedgerThatSaysOtherwiseIsFound(_ index: Int) {
        let (named, change) = Self.figures[index]
        let found = problems(ledger: change)
        #expect(found.count == 1 && found.first?.contains(named) == true, "\(found)")
    }

    @Test func strandedMoneyAndAnUnbalancedLedgerAreFound() {
        let found = problems(ledger: {
            $0.strandedAccounts = ["funds:x"]
            $0.isBalanced = false
        })
        #expect(found.count == 2)
    }

    @Test func ordersThatNobodyKnowsAndLostOnesAreFound() {
        let known = attempts.filter { $0.outcome == .completed }.map(\.purchaseID)
        func problems(_ listed: [UUID]) -> Int {
            var findings = Findings()
            findings.judge(listed, attempts)
            return findings.problems.count
        }
        #expect(problems(known) == 0)
        #expect(problems(Array(known.dropLast())) == 1)
        #expect(problems(known + [sale.world.newID()]) == 1)
        #expect(problems(known + known.prefix(1)) == 1)
    }

    @Test(arguments: [
        ([Int64(3), 2], Int64(0), 0), ([3, 1], 0, 2), ([4, 2], 0, 3), ([3, 2], 1, 1),
    ])
    func stockThatSaysOtherwiseIsFound(_ sold: [Int64], _ held: Int64, _ count: Int) {
        var findings = Findings()
        findings.judge(sale.stock(sold: sold, held: held), attempts, sale.offer)
        #expect(findings.problems.count == count, "\(findings.problems)")
    }

    private func name(_ index: Int) -> String {
        "purchase \(attempts[index].purchaseID) (\(attempts[index].outcome.rawValue))"
    }
}
