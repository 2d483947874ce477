import Lifecycle
import Publishing
import Saga
import Storage
import Stores
import Support
import Testing

@testable import Orders

@Suite struct LayoutTests {
    @Test func rowsSayTheColumnsOfTheirTables() throws {
        let test = TestWorld()
        try test.run {
            let layouts = [
                Checkout.table, OrderRow.table, OrderItemRow.table, TicketRow.table,
                AttemptRow.table, CheckoutTally.table, TicketKeyRow.table, PeerHistoryRow.table,
                SagaStepRow.table, FeedCursor.table,
            ]
            let wrong = try await TableLayout.differences(
                layouts, from: OrdersSchema.migrations, test.world)
            #expect(wrong == [])
        }
    }
}
