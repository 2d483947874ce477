import Contracts
import FoundationEssentials
import Lifecycle
import Testing

@testable import Payments

private let now = Instant(milliseconds: 1_800_000_000_000)

private func payment(
    _ state: PaymentState, attempt: Int64 = 1, mode: CaptureMode = .authCapture,
    pending: Payment.Operation? = nil
) -> Payment {
    var payment = PaymentRules.create(createRequest(mode: mode), now: now).payment
    payment.state = state
    payment.attempt = attempt
    payment.operation = pending
    payment.nextTryAt = nil
    if state == .captured {
        payment.captured = 10_000
        payment.authorised = 10_000
    }
    return payment
}

private func seen(
    _ status: ProviderPayment.Status, attempt: Int64 = 1, amount: Int64 = 10_000
) -> ProviderPayment {
    ProviderPayment(status, attempt: attempt, amount: euros(amount), fee: 165)
}

private let action = ProviderPayment.Status.requiresAction(clientSecret: "s")
private let lastNo = ProviderPayment.Status.declined(
    reason: "no", isRetryable: true, isFinal: true)
private let openNo = ProviderPayment.Status.declined(
    reason: "no", isRetryable: true, isFinal: false)

@Suite struct ObservationTests {
    /// Nobody will capture it.
    @Test func whatIsAuthorisedAfterItsCheckoutHasEndedIsVoided() {
        var open = payment(.requiresAction)
        let wanted = Observation.apply(seen(.authorised), to: open, now: now)?.payment
        #expect(wanted?.state == .authorised && wanted?.operation == nil)
        open.outcome = CheckoutOutcome(word: "cancelled")
        let unwanted = Observation.apply(seen(.authorised), to: open, now: now)?.payment
        #expect(unwanted?.state == .authorised && unwanted?.operation == .void)
    }

    /// From a state, what is seen, the state after it. Nothing else moves a payment.
    @Test(arguments: [
        (PaymentState.created, action, PaymentState.requiresAction),
        (.created, .processing, .processing),
        (.created, .authorised, .authorised),
        (.created, .captured, .captured),
        (.created, .voided, .voided),
        (.created, lastNo, .failedFinal),
        (.requiresAction, action, .requiresAction),
        (.requiresAction, .processing, .processing),
        (.requiresAction, lastNo, .failedFinal),
        (.requiresAction, openNo, .created),
        (.processing, action, .processing),
        (.processing, .authorised, .authorised),
        (.processing, .captured, .captured),
        (.processing, openNo, .created),
        (.authorised, .processing, .authorised),
        (.authorised, .captured, .captured),
        (.authorised, .voided, .voided),
        (.authorised, lastNo, .failedFinal),
        (.voided, action, .voided),
        (.voided, .processing, .voided),
        (.voided, .authorised, .voided),
        (.voided, lastNo, .voided),
        (.voided, .captured, .captured),
        (.failedFinal, .authorised, .failedFinal),
        (.failedFinal, .voided, .failedFinal),
        (.failedFinal, .captured, .captured),
        (.captured, .voided, .captured),
        (.captured, lastNo, .captured),
        (.captured, .processing, .captured),
    ])
    func onlyUp(from: PaymentState, status: ProviderPayment.Status, to: PaymentState) {
        let before = payment(from)
        let after = Observation.apply(seen(status), to: before, now: now)
        #expect((after?.payment ?? before).state == to)
        #expect(after?.facts ?? [] == (from == to ? [] : [to.fact]))
    }

    @Test func aFailedAttemptOpensTheNextOne() throws {
        let failed = try #require(
            Observation.apply(seen(openNo), to: payment(.processing), now: now))
        #expect(failed.payment.attempt == 2)
        #expect(failed.payment.failure?.reason == "no")
        #expect(
            Observation.apply(seen(.processing), to: failed.payment, now: now)?.facts ?? [] == [])
        let again = try #require(
            Observation.apply(seen(action, attempt: 2), to: failed.payment, now: now))
        #expect(again.payment.state == .requiresAction)
    }

    @Test func aNoToOurOwnCallIsFinal() throws {
        let operations: [Payment.Operation] = [.authorise, .sale, .capture]
        for pending in operations {
            let before = payment(pending == .capture ? .authorised : .created, pending: pending)
            let after = try #require(Observation.apply(seen(openNo), to: before, now: now))
            #expect(after.payment.state == .failedFinal, "\(pending)")
            #expect(after.payment.operation == nil)
        }
    }

    /// All orders of the same five sights end the same.
    @Test func theOrderOfArrivalDoesNotMatter() {
        let sights = [action, .processing, openNo, .authorised, .captured]
        for order in permutations(sights) {
            var current = payment(.created, mode: .sale)
            var facts: [String] = []
            for status in order + order {
                guard let change = Observation.apply(seen(status), to: current, now: now) else {
                    continue
                }
                current = change.payment
                facts += change.facts
            }
            #expect(current.state == .captured)
            #expect(current.captured == 10_000)
            #expect(facts.filter { $0 == PaymentsFact.captured }.count == 1)
        }
    }

    @Test(arguments: [PaymentState.voided, .failedFinal])
    func lateMoneyIsOwedBack(state: PaymentState) throws {
        let change = try #require(
            Observation.apply(seen(.captured), to: payment(state, mode: .sale), now: now))
        let obligation = try #require(change.obligation)
        #expect(obligation.refundID == .derived(from: id(1), "late"))
        #expect(obligation.amount == euros(10_000))
        #expect(change.payment.refundOwed == 10_000)
        #expect(change.bookings.map(\.kind) == [.captured, .refundOwed])
        #expect(!change.payment.isLive && !change.payment.isOpen)
    }

    @Test func moneyForACheckoutThatEndedIsOwedBack() throws {
        var before = payment(.processing, mode: .sale)
        before.outcome = CheckoutOutcome(word: "expired")
        let change = try #require(Observation.apply(seen(.captured), to: before, now: now))
        #expect(change.obligation?.kind == .compensation)
    }

    @Test func anotherAmountIsQuarantined() throws {
        let before = payment(.processing, mode: .sale)
        let change = try #require(
            Observation.apply(seen(.captured, amount: 12_000), to: before, now: now))
        #expect(change.payment.state == .failedFinal)
        #expect(change.payment.captured == 0)
        #expect(change.payment.failure == .amountMismatch)
        #expect(change.obligation?.kind == .mismatch)
        #expect(change.obligation?.amount == euros(12_000))
        let again = Observation.apply(
            seen(.captured, amount: 12_000), to: change.payment, now: now)
        #expect(again?.obligation == nil && again?.bookings ?? [] == [])
    }

    @Test func anotherAmountAuthorisedIsGivenUp() throws {
        let change = try #require(
            Observation.apply(seen(.authorised, amount: 1), to: payment(.created), now: now))
        #expect(change.payment.state == .failedFinal)
        #expect(change.payment.operation == .void)
    }

    @Test func anAuthorisationAfterTheVoidIsVoidedAgain() throws {
        let change = try #require(
            Observation.apply(seen(.authorised), to: payment(.voided), now: now))
        #expect(change.payment.operation == .void)
        #expect(change.payment.nextTryAt != nil)
    }

    @Test(arguments: [Int64.min, -1, PaymentLimits.maxAmount + 1, Int64.max])
    func impossibleAmountsAreNotBelieved(amount: Int64) {
        let view = seen(.captured, amount: amount)
        #expect(Observation.apply(view, to: payment(.processing), now: now) == nil)
        let fee = ProviderPayment(.captured, amount: euros(10_000), fee: amount)
        #expect(Observation.apply(fee, to: payment(.processing), now: now) == nil)
    }

    @Test func pollsGrowRarer() throws {
        var current = payment(.processing, mode: .sale)
        var pauses: [Int64] = []
        for _ in 0..<4 {
            let change = Observation.apply(seen(.processing), to: current, now: now)
            current = try #require(change).payment
            pauses.append(now.millisecondsUntil(try #require(current.nextTryAt)))
        }
        #expect(pauses == [5_000, 15_000, 60_000, 300_000])
    }

    @Test func whatWasInTheProvidersHandsIsWatchedForADay() throws {
        var before = payment(.processing, mode: .sale, pending: .void)
        let voided = try #require(Observation.apply(seen(.voided), to: before, now: now)).payment
        #expect(voided.state == .voided && voided.isOpen && !voided.isLive)
        let tomorrow = now.advanced(byMs: PaymentTimes.watchMs)
        let later = try #require(Observation.apply(seen(.voided), to: voided, now: tomorrow))
        #expect(later.payment.nextTryAt == nil)
        before.state = .authorised
        let authorised = try #require(Observation.apply(seen(.voided), to: before, now: now))
        #expect(authorised.payment.nextTryAt == nil)
    }
}
