import Contracts
import FoundationEssentials
import RPC
import Storage
import Testing
import Wire

@testable import Inventory

/// A pool never leaves its bounds: by the rule, and by the database, should the rule be wrong.
@Suite struct PoolTests {
    @Test(
        arguments: [
            "UPDATE pool SET held = -1", "UPDATE pool SET sold = -1",
            "UPDATE pool SET held = 4, sold = 2", "UPDATE pool SET capacity = 0",
        ] as [SQL])
    func theDatabaseRefusesWhatIsBeyondABound(_ sql: SQL) throws {
        try Rig.run { rig in
            let (event, types) = try await rig.event(
                capacity: 5, types: [TypeSpec(allocation: 5)])
            _ = try await rig.reserve(rig.id(), event, [(types[0], 1)])
            let error = await #expect(throws: StorageError.self) { try await rig.execute(sql) }
            #expect(error?.code == .constraint)
            #expect(try await rig.held(types[0]) == 1)
        }
    }

    @Test(arguments: [
        (StockMove.reserve, Int64(-1)), (.release, -1), (.release, 4), (.sell, 4), (.reserve, 6),
        (.reserve, .max), (.release, .min), (.sell, .max),
    ])
    func theRuleRefusesAMoveBeyondABound(_ move: StockMove, _ quantity: Int64) {
        let pool = Pool(
            id: UUID(), kind: .ticketType, eventId: UUID(), capacity: 10, held: 3, sold: 2)
        let error = #expect(throws: StorageError.self) { try pool.after(move, quantity) }
        #expect(error?.code == .corrupt)
    }

    @Test func noPlacesAreNoPlaces() throws {
        try Rig.run { rig in
            let (event, types) = try await rig.event(
                types: [TypeSpec(allocation: 0), TypeSpec(name: "Standing", allocation: 3)])
            let none = try await refusal { try await rig.reserve(rig.id(), event, [(types[0], 1)]) }
            #expect(none?.reason == .insufficientInventory)
            #expect(none?.detail["available"] == 0)
            // All lines or none.
            let both = try await refusal {
                try await rig.reserve(rig.id(), event, [(types[1], 1), (types[0], 1)])
            }
            #expect(both?.reason == .insufficientInventory)
            #expect(try await rig.held(event) == 0)
            #expect(try await rig.violations() == [])
        }
    }

    @Test func twoTypesAreHeldAndSoldTogether() throws {
        try Rig.run { rig in
            let (event, types) = try await rig.event(
                capacity: 10, types: [TypeSpec(allocation: 5), TypeSpec(name: "Standing")])
            let (hold, order) = (rig.id(), rig.id())
            _ = try await rig.reserve(
                hold, event, [(types[0], 2), (types[1], 3)], fence: Fence(orderId: order, epoch: 1))
            #expect(try await rig.held(event) == 5)
            _ = try await rig.consume(hold, order: order)
            #expect(try await rig.sold(types[0]) == 2)
            #expect(try await rig.sold(types[1]) == 3)
            #expect(try await rig.sold(event) == 5)
            #expect(try await rig.held(event) == 0)
            #expect(try await rig.violations() == [])
        }
    }
}
