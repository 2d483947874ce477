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

    /// The answers that a peer could give to any call, likely or not.
    static func outcomes(_ checkout: Checkout) -> [CheckoutEvent.Outcome] {
        let total = checkout.totals?.total ?? Money(0, Sample.euro)
        let states: [HoldState] = [.committing, .active, .consumed, .released, .expired, .refused]
        let holds = states.map {
            PeerReply.hold(Sample.hold(checkout, $0))
        }
        let payments = [
            Sample.payment(checkout, .captured, captured: total),
            Sample.payment(checkout, .captured, captured: Money(1, Sample.euro)),
            Sample.payment(checkout, .captured, captured: nil),
            Sample.payment(checkout, .voided),
            Sample.payment(checkout, .requiresAction), Sample.payment(checkout, .authorised),
        ].map { PeerReply.payment($0) }
        let refund = PeerReply.refund(Sample.refund(checkout))
        let reasons: [Reason] = [
            .insufficientInventory, .holdExpired, .holdReleased, .holdConsumed, .declined,
            .alreadyCaptured, .alreadyVoided, .amountMismatch, .paymentNotFound,
            .permissionDenied, .idempotencyConflict, .refundExceedsCaptured, .invalidArgument,
            .holdExtendLimit, .livePaymentExists, .authorisationExpired,
        ]
        let calledOff: [CheckoutEvent.Outcome] =
            checkout.isCancelRequested ? [.refused(CheckoutRules.calledOffInTime)] : []
        return calledOff + (holds + payments + [refund]).map { .done($0) }
            + (payments + [refund]).map { .waiting($0) }
            + reasons.map { .refused(.heard($0)) }
            + [
                .refused(.heard(.declined, detail: ["state": "FAILED_FINAL"])),
                .refused(.heard(.declined, detail: ["state": "VOIDED"])),
                .unknown(RPCError(.unavailable, "gone"), retryInMs: 200), .slow,
            ]
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
        mark.paymentAction = nil
        mark.parkReason = checkout.parkReason.map { $0.hasPrefix("no way") ? $0 : "why" }
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
            guard checkout.way != .opened || checkout.id == oneOpened else { continue }
            for next in Sample.buyersChoices(checkout) + Sample.news(checkout) {
                enter(next, from: checkout)
            }
            guard let position = checkout.position else { continue }
            for outcome in outcomes(checkout) {
                for (ageMs, epoch) in times.map({ ($0, checkout.epoch) }) + [(60_000, 2)] {
                    let decision = Sample.rules.decide(
                        checkout, CheckoutEvent(position, outcome),
                        now: Sample.start.advanced(byMs: ageMs), epoch: epoch)
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
            #expect(row.parkReason?.hasPrefix("no way") != true, "\(row.parkReason ?? "")")
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
                #expect(row.step != nil && row.nextRunAt == nil && row.parkReason != nil)
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
                #expect(after.parkReason == nil && after.parkedFrom == nil)
            }
            #expect(Resolution.allowed(row).contains(.retry))
            #expect(
                Resolution.allowed(row).contains(.refundAndRelease) == (row.parkedFrom != .paid))
        }
    }

    @Test func anAnswerToACallThatIsOverChangesNothing() {
        let checkout = Sample.firstRows[0]
        let late = CheckoutEvent(
            SagaPosition(StepName.pay), .refused(.heard(.declined)))
        let decision = Sample.rules.decide(
            checkout, late, now: Sample.start, epoch: checkout.epoch)
        #expect(decision.checkout == checkout && decision.ended.isEmpty)
    }

    /// Its first try was given up, and overtaken by all that came after it.
    @Test(arguments: [CheckoutState.committing, .paid], [Reason.holdState, .holdExpired])
    func aReopeningThatComesLateIsFencedOnceMore(_ state: CheckoutState, _ reason: Reason) {
        var checkout = Sample.firstRows[0]
        checkout.lines = Sample.hold(checkout, .committing).lines
        checkout.state = state
        checkout.step = SagaPosition(StepName.consume)
        func after(_ outcome: CheckoutEvent.Outcome, at step: String) -> Checkout {
            Sample.rules.decide(
                checkout, CheckoutEvent(SagaPosition(step), outcome), now: Sample.start, epoch: 1
            ).checkout
        }
        checkout = after(.refused(.heard(reason)), at: StepName.consume)
        #expect(checkout.step == SagaPosition(StepName.fence) && checkout.state == state)
        #expect(
            after(.refused(.heard(.holdExpired)), at: StepName.fence).state == .parked
        )
        checkout = after(
            .done(.hold(Sample.hold(checkout, .committing))), at: StepName.fence)
        #expect(checkout.step == SagaPosition(StepName.consume) && checkout.state == state)
    }

    @Test("R23: a capture that is unknown for 20 hours is asked no more, and a human must decide")
    func anUncertainCaptureIsParkedBeforeTheProviderForgetsItsKey() throws {
        var checkout = Sample.firstRows[0]
        checkout.state = .committing
        checkout.step = SagaPosition(StepName.pay)
        let lost = CheckoutEvent(
            SagaPosition(StepName.pay),
            .unknown(RPCError(.unavailable, "gone"), retryInMs: 60_000))
        let ends: [(Int64, CheckoutState)] = [(19, .committing), (20, .parked)]
        for (hours, state) in ends {
            let decision = Sample.rules.decide(
                checkout, lost, now: Sample.start.advanced(byMs: hours * 3_600_000), epoch: 1)
            #expect(decision.checkout.state == state)
            #expect(decision.pauseMs == (state == .parked ? nil : 60_000))
        }
    }

    private static func decide(
        _ checkout: Checkout, _ outcome: CheckoutEvent.Outcome, epoch: Int64 = 1,
        isFollowed: Bool = false
    ) throws -> Checkout {
        Sample.rules.decide(
            checkout, CheckoutEvent(try #require(checkout.position), outcome), now: Sample.start,
            epoch: epoch, isFollowed: isFollowed
        ).checkout
    }

    /// What was asked meanwhile cannot be undone by not asking for it.
    @Test func aCancellationWinsUntilTheMoneyIsAskedFor() throws {
        var checkout = Sample.firstRows[0]
        checkout.isCancelRequested = true
        let granted = CheckoutEvent.Outcome.done(.hold(Sample.hold(checkout, .committing)))
        let obeyed = try Self.decide(checkout, granted)
        #expect(obeyed.state == .cancelling && obeyed.problem == nil)
        #expect(obeyed.step == SagaPosition(StepName.reserve, .undo))
        // A process before this one may have gone on to the payment.
        let inherited = try Self.decide(checkout, granted, epoch: 2)
        #expect(inherited.step == SagaPosition(StepName.pay, .undo))
        #expect(try Self.decide(checkout, granted, isFollowed: true).state == .committing)
        let away = CheckoutEvent.Outcome.unknown(RPCError(.unavailable, "gone"), retryInMs: 200)
        #expect(try Self.decide(checkout, away).state == .cancelling)
    }

    /// A buyer's token is shown only once the stock is fenced; what goes to the provider's page is
    /// looked at first.
    @Test func everyPaymentBeginsAtTheHold() throws {
        var checkout = Sample.firstRows[3]
        checkout.state = .reserved
        checkout.lines = Sample.hold(checkout, .active).lines
        checkout.step = SagaPosition(StepName.buyer)
        checkout.holdExpiresAt = Sample.start.advanced(byMs: 900_000)
        let next = [StepName.fence, StepName.start, StepName.start]
        let starts = Sample.buyersChoices(checkout).filter { $0.attempt != nil }
        #expect(starts.count == next.count)
        for (started, next) in zip(starts, next) {
            #expect(started.step == SagaPosition(StepName.extend))
            let lives = try Self.decide(started, .done(.hold(Sample.hold(checkout, .active))))
            #expect(lives.step == SagaPosition(next))
            for reason in [Reason.holdExtendedOnce, .holdExtendLimit] {
                let refused = try Self.decide(started, .refused(.heard(reason, "no")))
                #expect(refused.step == SagaPosition(next))
            }
            let gone = try Self.decide(started, .refused(RPCError(.holdReleased, "gone")))
            #expect(gone.state == .cancelling && gone.problem?.error.reason == .holdReleased)
        }
    }

    @Test func onlyTheEndOfItsOwnHoldIsNewsToACheckout() throws {
        var checkout = Sample.firstRows[3]
        checkout.state = .reserved
        checkout.step = SagaPosition(StepName.buyer)
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
