import Contracts
import Testing

@testable import Orders

@Suite struct AwaitedPaymentsTests {
    @Test func tenThousandAreWatchedAndThePollFindsTheRest() {
        let awaited = AwaitedPayments()
        let checkouts = (0..<10_050).map { _ in
            var checkout = PurchaseRules.checkout(Sample.request(), epoch: 1, now: Sample.start)
            checkout.state = .paying
            checkout.payment = .live(nil, LivePayment())
            return checkout
        }
        for checkout in checkouts { awaited.note(checkout) }
        #expect(awaited.all.count == 10_000)
        for var checkout in checkouts {
            checkout.state = .completed
            awaited.note(checkout)
        }
        #expect(awaited.isEmpty)
        awaited.note(checkouts[0])
        #expect(awaited.checkout(of: checkouts[0].paymentID) == checkouts[0].id)
    }
}
