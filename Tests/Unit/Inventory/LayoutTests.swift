import Lifecycle
import Storage
import Stores
import Support
import Testing

@testable import Inventory

@Suite struct LayoutTests {
    @Test func rowsSayTheColumnsOfTheirTables() throws {
        let test = TestWorld()
        try test.run {
            let layouts = [
                EventRow.table, TicketTypeRow.table, Pool.table, AuditRow.table, Hold.table,
                OwnerHoldRow.table, HoldPoolRow.table,
            ]
            let wrong = try await TableLayout.differences(
                layouts, from: InventorySchema.migrations, test.world)
            #expect(wrong == [])
        }
    }
}
