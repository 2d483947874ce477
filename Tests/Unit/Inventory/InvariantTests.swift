import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Storage
import Stores
import Testing

@testable import Inventory

/// Each invariant is shown to be able to fail: a violation is planted past the rules, and exactly
/// the invariants that it breaks must say so.
@Suite struct InvariantTests {
    /// What is done to a sound database, and the invariants against it.
    struct Plant: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let breaks: Set<String>
        /// Given the event, a ticket type, an ACTIVE hold of 2 and a CONSUMED one of 3.
        let sql: @Sendable (Scene) -> SQL
    }

    struct Scene: Sendable {
        let event: UUID
        let type: UUID
        let active: UUID
        let consumed: UUID
    }

    static let plants: [Plant] = [
        Plant(testDescription: "more sold than there is", breaks: ["C-1", "C-3", "C-6"]) {
            "UPDATE pool SET capacity = 4 WHERE pool_id = \($0.event)"
        },
        Plant(testDescription: "held is miscounted", breaks: ["C-2", "C-3", "C-5"]) {
            "UPDATE pool SET held = held + 1 WHERE pool_id = \($0.type)"
        },
        Plant(testDescription: "sold is miscounted", breaks: ["C-2", "C-3", "C-5"]) {
            "UPDATE pool SET sold = sold - 1 WHERE pool_id = \($0.event)"
        },
        Plant(testDescription: "a hold ended without giving back", breaks: ["C-2", "C-4"]) {
            "UPDATE hold SET state = 'RELEASED' WHERE hold_id = \($0.active)"
        },
        Plant(testDescription: "a sold hold is held again", breaks: ["C-2", "C-4"]) {
            "UPDATE hold SET state = 'COMMITTING' WHERE hold_id = \($0.consumed)"
        },
        Plant(testDescription: "what a hold took is forgotten", breaks: ["C-2"]) {
            "DELETE FROM hold_pool WHERE hold_id = \($0.consumed) AND pool_id = \($0.type)"
        },
        Plant(testDescription: "an audit entry is lost", breaks: ["C-3", "C-4"]) {
            "DELETE FROM audit WHERE pool_id = \($0.type) AND seq = 2"
        },
        Plant(testDescription: "the newest audit entry is lost", breaks: ["C-3", "C-4"]) {
            """
            DELETE FROM audit WHERE pool_id = \($0.event) AND seq =
                (SELECT MAX(seq) FROM audit WHERE pool_id = \($0.event))
            """
        },
        Plant(testDescription: "an audit entry is edited", breaks: ["C-3", "C-4"]) {
            "UPDATE audit SET held = held + 1 WHERE pool_id = \($0.type) AND seq = 2"
        },
        Plant(testDescription: "an audit entry follows another than it says", breaks: ["C-3"]) {
            "UPDATE audit SET previous_capacity = 9 WHERE pool_id = \($0.type) AND seq = 3"
        },
        Plant(testDescription: "a capacity is edited", breaks: ["C-3"]) {
            "UPDATE pool SET capacity = 25 WHERE pool_id = \($0.event)"
        },
        Plant(testDescription: "more is allocated than there is", breaks: ["C-3", "C-6"]) {
            "UPDATE pool SET capacity = 21 WHERE pool_id = \($0.type)"
        },
        Plant(testDescription: "a fact is lost", breaks: ["P-3"]) { _ in
            "DELETE FROM outbox WHERE seq = 2"
        },
        Plant(testDescription: "the newest fact is lost", breaks: ["P-3"]) { _ in
            "DELETE FROM outbox WHERE seq = (SELECT MAX(seq) FROM outbox)"
        },
    ]

    @Test(arguments: plants)
    func aPlantedViolationIsFound(plant: Plant) throws {
        try Rig.run { rig in
            let scene = try await Self.scene(rig)
            let sound = try await rig.service.verifyInvariants(
                VerifyRequest(), rig.call(.operator))
            #expect(sound.violations == [])
            #expect(sound.checked > 4)
            try await Self.plant(plant.sql(scene), rig)
            let found = try await rig.violations()
            #expect(Set(found.map(\.invariant)) == plant.breaks, "\(found)")
            // Another event is untouched, except by what is wrong with the feed.
            let (other, _) = try await rig.event(types: [TypeSpec()])
            let there = try await rig.service.verifyInvariants(
                VerifyRequest(eventId: other), rig.call(.operator)
            ).violations
            #expect(there.allSatisfy { $0.invariant == "P-3" })
        }
    }

    @Test func everyInvariantHasAPlant() {
        let planted = Self.plants.reduce(into: Set<String>()) { $0.formUnion($1.breaks) }
        #expect(planted == ["C-1", "C-2", "C-3", "C-4", "C-5", "C-6", "P-3"])
    }

    private static func scene(_ rig: Rig) async throws -> Scene {
        let (event, types) = try await rig.event(
            capacity: 20, types: [TypeSpec(allocation: 10), TypeSpec(allocation: 10, perOwner: 5)])
        let (active, consumed, order) = (rig.id(), rig.id(), rig.id())
        _ = try await rig.reserve(active, event, [(types[0], 2)])
        _ = try await rig.reserve(
            consumed, event, [(types[0], 3), (types[1], 1)], fence: Fence(orderId: order, epoch: 1))
        _ = try await rig.consume(consumed, order: order)
        let given = rig.id()
        _ = try await rig.reserve(given, event, [(types[1], 2)])
        _ = try await rig.release(given)
        return Scene(event: event, type: types[0], active: active, consumed: consumed)
    }

    /// Past the CHECKs too, as a fault of the disk or of a hand would be.
    private static func plant(_ sql: SQL, _ rig: Rig) async throws {
        try await rig.database.write { batch in
            if StoreFolder.isSQLite {
                _ = try batch.query("PRAGMA ignore_check_constraints = 1") { _ in }
            } else {
                try batch.execute("ALTER TABLE pool DROP CONSTRAINT IF EXISTS pool_check")
                try batch.execute("ALTER TABLE pool DROP CONSTRAINT IF EXISTS pool_check1")
            }
            try batch.execute(sql)
        }
    }
}
