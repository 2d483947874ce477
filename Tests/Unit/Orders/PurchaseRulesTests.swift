import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Testing
import Wire

@testable import Orders

@Suite struct PurchaseRulesTests {
    private func problems(_ request: PurchaseRequest) -> String? {
        do {
            try PurchaseRules.check(request)
            return nil
        } catch { return (error as? RPCError)?.message }
    }

    @Test func aGoodRequestPasses() {
        #expect(problems(Sample.request()) == nil)
        #expect(problems(Sample.request(method: nil, provider: nil)) == nil)
    }

    @Test func aBadOneNamesItsFields() {
        let line = HoldLine(ticketTypeId: Sample.types[0], quantity: 1)
        func request(_ items: [HoldLine]) -> PurchaseRequest {
            PurchaseRequest(
                purchaseId: Sample.id(), owner: "ann", contact: Contact(email: "ann@example.org"),
                eventId: Sample.event, items: items)
        }
        #expect(problems(request([]))?.contains("items is empty") == true)
        #expect(problems(request([line, line]))?.contains("items[1].ticketTypeId") == true)
        #expect(
            problems(Sample.request(provider: nil))?.contains("provider is needed") == true)
    }

    private static func differences(_ request: PurchaseRequest, _ stored: Checkout) -> [String]? {
        PurchaseRules.request(of: stored, asked: request).map(request.differences)
    }

    @Test func aReplayIsComparedFieldByField() {
        let id = Sample.id()
        let stored = PurchaseRules.checkout(Sample.request(id: id), epoch: 1, now: Sample.start)
        func differences(_ request: PurchaseRequest) -> [String]? {
            Self.differences(request, stored)
        }
        #expect(differences(Sample.request(id: id)) == [])
        #expect(differences(Sample.request(id: id, method: "sim_declined")) == ["paymentMethod"])
        #expect(
            differences(Sample.request(id: id, method: nil, provider: nil))
                == ["provider", "paymentMethod"])
        #expect(
            differences(Sample.request(id: id, price: Money(1, Sample.euro), quantity: 3))
                == ["items", "expectedTotal"])
        let other = PurchaseRequest(
            purchaseId: id, owner: "bob", contact: Contact(email: "bob@example.org"),
            eventId: Sample.id(), items: stored.items, provider: "sim", paymentMethod: "sim_ok")
        #expect(differences(other) == ["owner", "contact", "eventId"])
    }

    @Test func theComparisonOutlivesTheToken() {
        let id = Sample.id()
        var stored = PurchaseRules.checkout(Sample.request(id: id), epoch: 1, now: Sample.start)
        stored.paymentMethod = nil
        #expect(Self.differences(Sample.request(id: id), stored) == [])
        #expect(
            Self.differences(Sample.request(id: id, method: "sim_slow"), stored)
                == ["paymentMethod"])
    }

    @Test func theOrderOfItemsSaysNothing() {
        let lines = Sample.types.map { HoldLine(ticketTypeId: $0, quantity: 1) }
        func request(_ items: [HoldLine]) -> PurchaseRequest {
            PurchaseRequest(
                purchaseId: Sample.event, owner: "ann", contact: Contact(email: "a@b"),
                eventId: Sample.event, items: items)
        }
        let stored = PurchaseRules.checkout(
            request(lines.reversed()), epoch: 1, now: Sample.start)
        #expect(Self.differences(request(lines), stored) == [])
    }
}
