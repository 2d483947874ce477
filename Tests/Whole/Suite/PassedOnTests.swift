import Contracts
import Lifecycle
import RPC
import Stage
import Support
import Testing
import Wire

/// What Inventory and Payments refuse is told in the words of the request that the buyer made.
@Suite struct PassedOnTests {
    private static func error(_ call: () async throws -> CheckoutReply) async throws -> RPCError? {
        do {
            _ = try await call()
            return nil
        } catch let error as RPCError { return error }
    }

    @Test(arguments: [
        ("lines", "items"), ("lines[0].quantity", "items[0].quantity"), ("owner", "owner"),
        ("ttlMs", "holdTtlMs"),
    ])
    func fieldsOfReserveAreThoseOfThePurchase(_ theirs: String, _ ours: String) throws {
        try SuiteRig.onSale { rig, event in
            rig.inventory.refuse("inventory.Reserve", [.invalid(theirs, "is odd")])
            let request = rig.request(event)
            for _ in 0..<2 {
                let error = try await Self.error { try await rig.purchase(request) }
                #expect(error?.reason == .invalidArgument)
                #expect(error?.message == "\(ours) is odd")
                #expect(
                    error?.detail["fields"] == [["field": .text(ours), "problem": "is odd"]])
            }
        }
    }

    @Test func aTotalBeyondAPaymentIsToldOfItsItems() throws {
        try SuiteRig.onSale { rig, event in
            rig.payments.refuse(
                "payments.CreatePayment", [.invalid("amount.amount", "is too much")])
            let error = try await Self.error { try await rig.purchase(rig.request(event)) }
            #expect(error?.reason == .invalidArgument)
            #expect(error?.message == "items cost what cannot be paid: is too much")
        }
    }

    /// StartPayment has no items: nothing of what it says is wrong.
    @Test(arguments: ["amount.amount", "checkoutId.x", "expiresInMs"])
    func whatTheCallerDidNotSayIsNotTheirFault(_ field: String) throws {
        try SuiteRig.onSale { rig, event in
            let checkout = try await rig.reserve(event)
            rig.payments.refuse("payments.CreatePayment", [.invalid(field, "is odd")])
            let error = try await Self.error { try await rig.pay(checkout) }
            #expect(
                error?.reason == (field == "checkoutId.x" ? .invalidArgument : .peerIncompatible))
            #expect(error?.message.contains("amount") == false)
        }
    }

    @Test func whatNamesNothingOfTheRequestIsNoFaultOfIts() throws {
        try SuiteRig.onSale { rig, event in
            rig.inventory.refuse("inventory.Reserve", [.invalid("fence.epoch", "is odd")])
            let error = try await Self.error { try await rig.purchase(rig.request(event)) }
            #expect(error?.reason == .peerIncompatible && error?.isRefusal == true)
        }
    }
}
