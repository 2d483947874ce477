import Contracts
import FoundationEssentials
import Lifecycle
import Testing
import Wire

private let id = UUID(uuid: (1, 2, 3, 4, 5, 6, 0x77, 8, 0x89, 10, 11, 12, 13, 14, 15, 16))
private let contact = Contact(email: "ann@example.org", name: "Ann")

@Suite struct OrdersMessagesTests {
    @Test func aStateThatThisVersionDoesNotKnowSurvives() throws {
        var reader = CBORReader(CBOR.encode(CheckoutState("LIMBO")))
        let state = try CheckoutState.read(&reader, WordRule())
        #expect(state.word == "LIMBO" && !state.isTerminal)
    }

    @Test(arguments: CheckoutState.known) func everyStateHasAStatusThatTheTableLists(
        _ state: CheckoutState
    ) {
        #expect(ReservationStatus.known.contains(state.reservationStatus))
    }

    @Test func aPurchaseBeyondItsBoundsNamesTheField() throws {
        func problems(_ quantity: Int64, _ lines: Int, _ waitMs: Int64) throws -> [String] {
            let request = PurchaseRequest(
                purchaseId: id, owner: "ann", contact: contact, eventId: id,
                items: (0..<lines).map { _ in HoldLine(ticketTypeId: id, quantity: quantity) },
                waitMs: waitMs)
            return try PurchaseRequest.fields.check(CBOR.encode(request)[...]).map(\.field)
        }
        #expect(try problems(1, 20, 20_000) == [])
        for quantity in [Int64.min, -1, 0, 1_001, .max] {
            #expect(try problems(quantity, 1, 0) == ["items[0].quantity"])
        }
        #expect(try problems(1, 21, 0) == ["items"])
        #expect(try problems(1, 1, 20_001) == ["waitMs"])
        #expect(try problems(1, 1, -1) == ["waitMs"])
    }
}
