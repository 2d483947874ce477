import Lifecycle
import Publishing
import Storage
import Stores
import Support
import Testing

@testable import Payments

@Suite struct LayoutTests {
    @Test func rowsSayTheColumnsOfTheirTables() throws {
        let test = TestWorld()
        try test.run {
            let layouts = [
                PaymentRow.table, LivePaymentRow.table, RefundRow.table, WebhookRow.table,
                LedgerRow.table, BalanceRow.table, FeedCursor.table,
            ]
            let sim = [SimPaymentRow.table, SimRefundRow.table, SimEventRow.table]
            for (layouts, migrations) in [
                (layouts, PaymentsSchema.migrations), (sim, SimSchema.migrations),
            ] {
                let wrong = try await TableLayout.differences(
                    layouts, from: migrations, test.world)
                #expect(wrong == [])
            }
        }
    }
}
