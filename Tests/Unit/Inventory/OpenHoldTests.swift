import Contracts
import FoundationEssentials
import RPC
import Storage
import Support
import Stores
import Testing
import Wire

@testable import Inventory

/// An owner who has an open hold of an event, and asks for another.
@Suite struct OpenHoldTests {
    @Test func theNewReplacesTheOldUnlessAnEventSaysOtherwise() throws {
        for (policy, held) in [(nil, 1), (.allow, 3)] as [(OpenCheckouts?, Int64)] {
            try Rig.run { rig in
                let (event, types) = try await rig.event(
                    openCheckouts: policy, types: [TypeSpec(allocation: 9)])
                for _ in 0..<3 { _ = try await rig.reserve(rig.id(), event, [(types[0], 1)]) }
                #expect(try await rig.held(types[0]) == held)
            }
        }
    }

    @Test func whereOneIsAllowedASecondIsRefusedUntilTheFirstIsOver() throws {
        try Rig.run { rig in
            let (event, types) = try await rig.event(
                openCheckouts: .reject, types: [TypeSpec(allocation: 9)])
            let (other, others) = try await rig.event(
                openCheckouts: .reject, types: [TypeSpec(allocation: 9)])
            func reserve(
                _ owner: String = "ada", ttlMs: Int64? = nil, fence: Fence? = nil,
                replaces: UUID? = nil
            ) async throws -> UUID {
                try await rig.reserve(
                    rig.id(), event, [(types[0], 1)], owner: owner, ttlMs: ttlMs, fence: fence,
                    replaces: replaces
                ).holdId
            }
            let first = try await reserve()
            let second = rig.id()
            for _ in 0..<2 {
                let error = try await refusal {
                    try await rig.reserve(second, event, [(types[0], 1)])
                }
                #expect(error?.reason == .openHoldExists)
                #expect(error?.detail["holdId"] == .id(first))
                #expect(error?.detail["why"] == .text("REJECT"))
            }
            _ = try await reserve("bob")
            _ = try await rig.reserve(rig.id(), other, [(others[0], 1)])
            #expect(try await rig.held(types[0]) == 2)

            // It may be named, given back, run out or be sold: then the next one is welcome.
            let named = try await reserve(replaces: first)
            _ = try await rig.release(named)
            _ = try await reserve(ttlMs: 1_000)
            try await rig.pass(ms: 1_000)
            let fence = Fence(orderId: rig.id(), epoch: 1)
            let sold = try await reserve(fence: fence)
            let busy = try await refusal { try await reserve() }
            #expect(busy?.detail["holdId"] == .id(sold))
            _ = try await rig.consume(sold, order: fence.orderId)
            _ = try await reserve()
            #expect(try await rig.violations() == [])
        }
    }

    /// The named one never came, so the open one is replaced; and the named one, coming late, must
    /// not replace the new one in its turn.
    @Test func whatIsNamedAndNotThereNeverComesThoughAnotherWasReplaced() throws {
        try Rig.run { rig in
            let (event, types) = try await rig.event(
                openCheckouts: .replace, types: [TypeSpec(allocation: 9)])
            let (open, lost, new) = (rig.id(), rig.id(), rig.id())
            _ = try await rig.reserve(open, event, [(types[0], 1)])
            _ = try await rig.reserve(new, event, [(types[0], 1)], replaces: lost)
            let late = try await refusal { try await rig.reserve(lost, event, [(types[0], 1)]) }
            #expect(late?.reason == .holdReleased)
            #expect(try await rig.hold(open).state == .released)
            #expect(try await rig.hold(new).state == .active)
        }
    }

    @Test func whereTheNewReplacesTheOldItTakesItsStockInOneMoment() throws {
        try Rig.run { rig in
            let (event, types) = try await rig.event(
                openCheckouts: .replace, types: [TypeSpec(allocation: 2)])
            let (first, second) = (rig.id(), rig.id())
            _ = try await rig.reserve(first, event, [(types[0], 2)])
            // All places are the first one's, and still the second gets them.
            for _ in 0..<2 { _ = try await rig.reserve(second, event, [(types[0], 2)]) }
            #expect(try await rig.hold(first).state == .released)
            #expect(try await rig.hold(second).state == .active)
            #expect(try await rig.held(types[0]) == 2)
            _ = try await rig.beginCommit(second, Fence(orderId: rig.id(), epoch: 1))
            let error = try await refusal {
                try await rig.reserve(rig.id(), event, [(types[0], 2)])
            }
            #expect(error?.reason == .openHoldExists)
            #expect(error?.detail["holdId"] == .id(second))
            #expect(error?.detail["why"] == .text("COMMITTING"))
            #expect(try await rig.violations() == [])
        }
    }

    @Test func staffIsNotCounted() throws {
        try Rig.run { rig in
            let (event, types) = try await rig.event(
                openCheckouts: .reject, types: [TypeSpec(allocation: 9)])
            for purpose in [HoldPurpose.boxOffice, .checkout, .boxOffice, .admin] {
                _ = try await rig.service.reserve(
                    ReserveRequest(
                        holdId: rig.id(), eventId: event, owner: "ada",
                        lines: [HoldLine(ticketTypeId: types[0], quantity: 1)], purpose: purpose),
                    rig.orders)
            }
            #expect(try await rig.held(types[0]) == 4)
        }
    }

    /// What is asked all day long may read what is open, never all holds ever made.
    @Test(.enabled(if: StoreFolder.isSQLite, "the plan is SQLite's"))
    func openHoldsAreFoundByTheirIndexes() throws {
        try Rig.run { rig in
            func plan(_ sql: SQL) async throws -> [String] {
                try await rig.database.read { reader in
                    try reader.query("EXPLAIN QUERY PLAN \(sql)") { row in
                        for _ in 0..<3 { _ = try row.next(Int64.self) }
                        return try row.next(String.self)
                    }
                }
            }
            let (now, id) = (rig.now, rig.id())
            let mine = try await plan(
                AvailabilityQueries.sums(AvailabilityQueries.active(of: "ada", at: now), of: id))
            #expect(mine.first?.contains("INDEX hold_of_owner (owner=? AND event_id=?") == true)
            let overdue = try await plan(HoldQueries.overdue(at: now, limit: 5))
            #expect(
                overdue.contains { $0.contains("hold_active (event_id=? AND expires_at<?)") },
                "\(overdue)")
            let listed = try await plan(
                """
                SELECT * FROM hold WHERE \(HoldQueries.open(.committing, since: now))
                AND hold_id > \(id) ORDER BY hold_id LIMIT 5
                """)
            #expect(
                listed.contains { $0.contains("hold_committing (committing_since<?)") },
                "\(listed)")
        }
    }
}
