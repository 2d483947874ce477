import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Storage
import Stores
import Support
import Testing

@testable import Payments

/// What a clock that was ahead has put off, once the store's time is right again.
@Suite struct ClockRepairTests {
    private static let hourMs: Int64 = 3_600_000

    @Test func nothingWaitsForTheWrongTime() throws {
        let test = TestWorld()
        try test.run {
            let desk = try await Desk(test)
            _ = try await desk.create(createRequest(method: "sim_late"))
            _ = try await desk.create(createRequest(2, checkout: 0xc2))
            _ = try await desk.refund(of: 2, amount: 4_000)
            try await desk.ingest(HandMade(payment: 9))
            let later = desk.database.now.advanced(byMs: Self.hourMs)
            try await desk.database.write { batch in
                for table in ["payment", "refund", "webhook"] {
                    try batch.execute(
                        "UPDATE \(SQL(stringLiteral: table)) SET next_try_at = \(later)")
                }
                try batch.execute("UPDATE payment SET created_at = \(later)")
            }
            try await desk.work(forMs: 100)
            for table in ["payment", "refund", "webhook"] {
                let far = try await desk.database.read { reader in
                    try reader.query(
                        """
                        SELECT COUNT(*) FROM \(SQL(stringLiteral: table))
                        WHERE next_try_at = \(later)
                        """
                    ) { try $0.next(Int64.self) }
                }
                #expect(far == [0], "\(table)")
            }
            #expect(try await desk.payment().createdAt <= desk.database.now)
        }
    }
}
