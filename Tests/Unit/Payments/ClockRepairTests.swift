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
        try Desk.run { desk in
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
    /// The provider's own time was ahead: what it has told as captured stays that, and what it was
    /// to tell is told.
    @Test func theProviderKeepsWhatItHasTold() throws {
        let test = TestWorld()
        try test.run {
            let desk = try await Desk(
                test, sim: SimConfiguration(webhookBp: 10_000),
                webhookSecrets: [Desk.webhookSecret])
            _ = try await desk.create(createRequest(method: "sim_late"))
            #expect(await state(of: 1, at: desk.sim) == .processing)
            let ahead = Self.hourMs
            try await desk.journal.write { batch in
                try batch.execute(
                    """
                    UPDATE sim_payment
                    SET due_at = due_at + \(ahead), lapses_at = lapses_at + \(ahead)
                    """)
                try batch.execute(
                    """
                    UPDATE sim_event SET created_at = created_at + \(ahead),
                        due_at = due_at + \(ahead)
                    """)
            }
            try await desk.work(forMs: 100)
            #expect(await state(of: 1, at: desk.sim) == .captured)
            try await desk.work(forMs: 2_000)
            let left = try await desk.journal.read { reader in
                try reader.query("SELECT type FROM sim_event") { try $0.next(String.self) }
            }
            #expect(left == [])
            #expect(try await desk.payment().state == .captured)
        }
    }

    private func state(of number: UInt8, at sim: SimProvider) async -> ProviderPayment.Status? {
        guard case .known(let payment) = await sim.fetch(id(number)) else { return nil }
        return payment.status
    }
}
