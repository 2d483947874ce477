import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Saga
import Support
import Testing
import Wire

@testable import Orders

/// Every checkout that can come to be, found by trying every answer of every peer from the first
/// row on.
@Suite struct RulesTests {
    struct Way: Hashable {
        let from: CheckoutState
        let to: CheckoutState
    }

    /// What may come of the call that a checkout stands at.
    static func reports(_ checkout: Checkout) -> [CallReport<Checkout>] {
        let total = checkout.totals?.total ?? Money(0, Sample.euro)
        let states: [HoldState] = [.committing, .active, .consumed, .released, .expired, .refused]
        let holds = states.map { Sample.hold(checkout, $0) }
        let payments = [
            Sample.payment(checkout, .captured, captured: total),
            Sample.payment(checkout, .captured, captured: Money(1, Sample.euro)),
            Sample.payment(checkout, .captured, captured: nil),
            Sample.payment(checkout, .voided),
            Sample.payment(checkout, .requiresAction), Sample.payment(checkout, .authorised),
        ]
        let reasons: [Reason] = [
            .insufficientInventory, .holdExpired, .holdReleased, .holdConsumed, .declined,
            .alreadyCaptured, .alreadyVoided, .amountMismatch, .paymentNotFound,
            .permissionDenied, .idempotencyConflict, .refundExceedsCaptured, .invalidArgument,
            .holdExtendLimit, .livePaymentExists, .authorisationExpired,
        ]
        let calledOff = checkout.isCancelRequested ? [Pay.calledOffInTime] : []
        return Sample.reports(
            checkout, answers: holds + payments + [Sample.refund(checkout)],
            refusals: calledOff + reasons.map { .heard($0) }
                + [
                    .heard(.declined, detail: ["state": "FAILED_FINAL"]),
                    .heard(.declined, detail: ["state": "VOIDED"]),
                ])
    }

    /// All commits of a large order stand at the same step, so that an answer which a process
    /// before this one could not commit is not known for an old one.
    @Test func anAnswerThatComesLateIssuesNothingAgain() {
        var checkout = Sample.firstRows[0]
        checkout.state = .paid
        checkout.step = SagaPosition(CheckoutStep.issue)
        checkout.issued = 2
        func issued(_ tickets: Int64) -> Checkout {
            StepDecision(
                checkout,
                .answered(
                    SagaPosition(CheckoutStep.issue), IssueTickets(),
                    .done(IssueTickets.Issued(tickets: tickets))),
                now: Sample.start, epoch: 1
            ).subject
        }
        #expect(issued(1).issued == 2 && issued(1).state == .completed)
        checkout.issued = nil
        #expect(issued(1).issued == 1 && issued(1).state == .paid)
    }

    /// What matters of a row to what can come next.
    private static func mark(_ checkout: Checkout) -> Checkout {
        var mark = checkout
        mark.step = checkout.step.map {
            SagaPosition($0.step, $0.direction, attempt: min($0.attempt, 1))
        }
        mark.stepCount = 0
        mark.nextRunAt = nil
        mark.paidAt = checkout.paidAt.map { _ in Sample.start }
        mark.endedAt = nil
        mark.trouble = nil
        mark.paymentError = nil
        mark.payment.live?.action = nil
        mark.parked = checkout.parked.map {
            Parked(from: $0.from, reason: $0.reason.hasPrefix("no way") ? $0.reason : "why")
        }
        // Whether there is a token decides what comes first, so it stays; there is one in all.
        mark.paymentMethod = nil
        mark.owed = checkout.owed.map { _ in Money(1, Sample.euro) }
        mark.epoch = min(checkout.epoch, 2)
        mark.version = 1
        mark.problem = checkout.problem.map { _ in
            Problem(error: .heard(.declined))
        }
        mark.holdExpiresAt = checkout.holdExpiresAt.map { _ in Sample.start.advanced(byMs: 500) }
        return mark
    }

    /// Once for all tests: there are thousands.
    private static let explored = explore()

    private static func explore() -> (rows: [Checkout], ways: Set<Way>) {
        // By the process that wrote the row, at some time; and by one that found it.
        let times: [Int64] = [10, 60_000, 21 * 3_600_000]
        var open = Sample.firstRows
        var seen = Set(open.map(mark))
        var rows = open
        var ways: Set<Way> = []
        func enter(_ next: Checkout, from checkout: Checkout) {
            if next.state != checkout.state {
                ways.insert(Way(from: checkout.state, to: next.state))
            }
            if seen.insert(mark(next)).inserted {
                rows.append(next)
                open.append(mark(next))
            }
        }
        let oneOpened = open[0].id
        while let checkout = open.popLast() {
            // Where a purchase waits for its buyer, what it asked for has been seen to: three of
            // them would go on in the same way.
            guard checkout.mode != .oneCallOpened || checkout.id == oneOpened else { continue }
            for next in Sample.buyersChoices(checkout) + Sample.news(checkout) {
                enter(next, from: checkout)
            }
            for report in reports(checkout) {
                for (ageMs, epoch) in times.map({ ($0, checkout.epoch) }) + [(60_000, 2)] {
                    let decision = CheckoutDecision(
                        checkout, report, now: Sample.start.advanced(byMs: ageMs), epoch: epoch)
                    enter(decision.checkout, from: checkout)
                }
            }
        }
        return (rows, ways)
    }

    @Test func nothingHappensToACheckoutButWhatTheTableSays() {
        let (rows, ways) = Self.explored
        // Two changes in one commit show as one.
        let shortcuts: Set = [
            Way(from: .committing, to: .completed), Way(from: .reserved, to: .expiring),
        ]
        for way in ways where !shortcuts.contains(way) {
            #expect(Transitions.allows(way.from, way.to), "\(way.from.word) to \(way.to.word)")
        }
        #expect(ways.isSuperset(of: shortcuts))
        for row in rows where row.state == .parked {
            #expect(row.parked?.reason.hasPrefix("no way") != true, "\(row.parked?.reason ?? "")")
        }
        // And everything that the table says does happen, but for what only a human decides.
        for (from, to) in Transitions.table where from != .parked {
            for state in to where state != .paid {
                #expect(
                    ways.contains(Way(from: from, to: state)), "\(from.word) to \(state.word)")
            }
        }
        #expect(rows.count > 50)
    }

    @Test func aCheckoutIsEitherOverOrGoesOn() {
        for row in Self.explored.rows {
            if row.state.isTerminal {
                #expect(row.step == nil && row.nextRunAt == nil && row.paymentMethod == nil)
                #expect(row.endedAt != nil)
            } else if row.state == .parked {
                #expect(row.step != nil && row.nextRunAt == nil && row.parked != nil)
            } else {
                #expect(row.position != nil, "\(row.state.word)")
            }
        }
    }

    @Test func moneyIsNeverKeptWithoutATicket() {
        for row in Self.explored.rows {
            // Who was paid ends with tickets, or with the money back.
            if row.state == .refunded { #expect(row.isRefundSettled && row.isHoldReleased) }
            if row.state == .completed { #expect(row.paidAt != nil) }
            if [.rejected, .cancelled, .expired].contains(row.state) {
                #expect(row.paidAt == nil && row.owed == nil, "\(row)")
            }
        }
    }

    @Test func whatWasParkedCanAlwaysBeResolved() throws {
        let parked = Self.explored.rows.filter { $0.state == .parked }
        #expect(!parked.isEmpty)
        for row in parked {
            for decision in Resolution.allowed(row) {
                let after = try Resolution.resolve(row, decision, now: Sample.start)
                #expect(Transitions.allows(.parked, after.state), "\(after.state.word)")
                #expect(after.position != nil && after.nextRunAt == Sample.start)
                #expect(after.parked == nil)
            }
            #expect(Resolution.allowed(row).contains(.retry))
            #expect(
                Resolution.allowed(row).contains(.refundAndRelease) == (row.parked?.from != .paid))
        }
    }

    /// Its first try was given up, and overtaken by all that came after it.
    @Test(arguments: [CheckoutState.committing, .paid], [Reason.holdState, .holdExpired])
    func aReopeningThatComesLateIsFencedOnceMore(
        _ state: CheckoutState, _ reason: Reason
    ) throws {
        var checkout = Sample.firstRows[0]
        checkout.lines = Sample.hold(checkout, .committing).lines
        checkout.state = state
        checkout.step = SagaPosition(CheckoutStep.consume)
        let (consume, fence) = (
            SagaPosition(CheckoutStep.consume), SagaPosition(CheckoutStep.fence)
        )
        checkout = try Self.decide(checkout, Sample.refused(consume, .heard(reason)))
        #expect(checkout.step == fence && checkout.state == state)
        let refused = Sample.refused(fence, .heard(.holdExpired))
        #expect(try Self.decide(checkout, refused).state == .parked)
        let fenced = Sample.done(fence, Sample.hold(checkout, .committing))
        checkout = try Self.decide(checkout, fenced)
        #expect(checkout.step == consume && checkout.state == state)
    }

    @Test("R23: a capture that is unknown for 20 hours is asked no more, and a human must decide")
    func anUncertainCaptureIsParkedBeforeTheProviderForgetsItsKey() throws {
        var checkout = Sample.firstRows[0]
        checkout.state = .committing
        checkout.step = SagaPosition(CheckoutStep.pay)
        let lost = try #require(Sample.unknown(SagaPosition(CheckoutStep.pay), retryInMs: 60_000))
        let ends: [(Int64, CheckoutState)] = [(19, .committing), (20, .parked)]
        for (hours, state) in ends {
            let decision = CheckoutDecision(
                checkout, lost, now: Sample.start.advanced(byMs: hours * 3_600_000), epoch: 1)
            #expect(decision.checkout.state == state)
            #expect(decision.pauseMs == (state == .parked ? nil : 60_000))
        }
    }

    private static func decide(
        _ checkout: Checkout, _ report: CallReport<Checkout>?, epoch: Int64 = 1,
        isFollowed: Bool = false
    ) throws -> Checkout {
        CheckoutDecision(
            checkout, try #require(report), now: Sample.start, epoch: epoch, isFollowed: isFollowed
        ).checkout
    }

    /// What was asked meanwhile cannot be undone by not asking for it.
    @Test func aCancellationWinsUntilTheMoneyIsAskedFor() throws {
        var checkout = Sample.firstRows[0]
        checkout.isCancelRequested = true
        let reserve = SagaPosition(CheckoutStep.reserve)
        let granted = Sample.done(reserve, Sample.hold(checkout, .committing))
        let obeyed = try Self.decide(checkout, granted)
        #expect(obeyed.state == .cancelling && obeyed.problem == nil)
        #expect(obeyed.step == SagaPosition(CheckoutStep.reserve, .undo))
        // A process before this one may have gone on to the payment.
        let inherited = try Self.decide(checkout, granted, epoch: 2)
        #expect(inherited.step == SagaPosition(CheckoutStep.pay, .undo))
        #expect(try Self.decide(checkout, granted, isFollowed: true).state == .committing)
        #expect(try Self.decide(checkout, Sample.unknown(reserve)).state == .cancelling)
    }

    /// A buyer's token is shown only once the stock is fenced; what goes to the provider's page is
    /// looked at first.
    @Test func everyPaymentBeginsAtTheHold() throws {
        var checkout = Sample.firstRows[3]
        checkout.state = .reserved
        checkout.lines = Sample.hold(checkout, .active).lines
        checkout.step = SagaPosition(CheckoutStep.awaitBuyer)
        checkout.holdExpiresAt = Sample.start.advanced(byMs: 900_000)
        let next = [CheckoutStep.fence, .createPayment, .createPayment]
        let starts = Sample.buyersChoices(checkout).filter { $0.payment.attempt != nil }
        #expect(starts.count == next.count)
        for (started, next) in zip(starts, next) {
            let extend = SagaPosition(CheckoutStep.extend)
            #expect(started.step == extend)
            let lives = try Self.decide(
                started, Sample.done(extend, Sample.hold(checkout, .active)))
            #expect(lives.step == SagaPosition(next))
            for reason in [Reason.holdExtendedOnce, .holdExtendLimit] {
                let refused = try Self.decide(
                    started, Sample.refused(extend, .heard(reason, "no")))
                #expect(refused.step == SagaPosition(next))
            }
            let gone = try Self.decide(
                started, Sample.refused(extend, RPCError(.holdReleased, "gone")))
            #expect(gone.state == .cancelling && gone.problem?.error.reason == .holdReleased)
        }
    }

    @Test func onlyTheEndOfItsOwnHoldIsNewsToACheckout() throws {
        var checkout = Sample.firstRows[3]
        checkout.state = .reserved
        checkout.step = SagaPosition(CheckoutStep.awaitBuyer)
        let news = Sample.news(checkout)
        // Replaced, and expired; what a saga released is none.
        try #require(news.map(\.state) == [.cancelling, .reserved])
        let by = news[0].problem?.error.detail["by"]
        #expect(by == .text("REPLACED"))
        #expect(news[1].nextRunAt == Sample.start && news[1].step == checkout.step)
        let others = HoldFact(
            holdId: Sample.event, eventId: Sample.event, orderId: nil, reason: .admin)
        let kind = InventoryFact.holdReleased
        #expect(HeardRules.hear(kind, others, checkout, now: Sample.start) == nil)
        for state in CheckoutState.known where state != .reserved && state != .paying {
            checkout.state = state
            #expect(Sample.news(checkout) == [])
        }
    }
}
