import FoundationEssentials
import Lifecycle
import Stores
import Support
import Testing

@testable import Storage

/// Several instances over one store, each with a wall clock of its own.
@Suite(.enabled(if: !StoreFolder.isSQLite)) struct SharedClockTests {
    private struct Party {
        /// The store goes with it.
        let bed: Bed
        let worlds: [TestWorld]
        let databases: [Database]

        init(_ bed: Bed) async throws {
            self.bed = bed
            worlds = [TestWorld(seed: 1), TestWorld(seed: 2)]
            var databases: [Database] = []
            for world in worlds {
                databases.append(
                    try await Database.open(
                        bed.location, migrations: testSchema, world: world.world))
            }
            self.databases = databases
        }

        /// Lets a minute pass for all of them; gives the time of each one's batch.
        @discardableResult
        func passMinute() async throws -> [Instant] {
            var times: [Instant] = []
            for (world, database) in zip(worlds, databases) {
                world.scheduler.advance(ms: 60_000)
                times.append(
                    try await database.write { batch in
                        batch.emit("tick", subject: UUID(), [])
                        return batch.now
                    })
            }
            return times
        }

        func close() async { for database in databases { await database.close() } }
    }

    @Test func oneWrongClockIsOutvoted() async throws {
        let party = try await Party(try Bed())
        try await party.passMinute()
        party.worlds[1].clock.jump(byMs: 3_600_000)
        for _ in 0..<8 {
            #expect(
                try await party.passMinute()
                    == [party.worlds[0].clock.now(), party.worlds[0].clock.now()])
        }
        #expect(party.worlds[1].logLines.all.contains { $0.contains("clock_jump") })
        #expect(!party.worlds[1].logLines.all.contains { $0.contains("clock_set") })
        await party.close()
    }

    @Test(arguments: [3_600_000, -3_600_000])
    func whatAllSeeIsBelieved(_ jump: Int64) async throws {
        let party = try await Party(try Bed())
        for _ in 0..<4 { try await party.passMinute() }
        for world in party.worlds { world.clock.jump(byMs: jump) }
        for _ in 0..<6 { try await party.passMinute() }
        let right = party.worlds[0].clock.now()
        for _ in 0..<2 {
            let times = try await party.passMinute()
            #expect(times == [party.worlds[0].clock.now(), party.worlds[1].clock.now()])
            for (world, database) in zip(party.worlds, party.databases) {
                #expect(try await database.read { $0.now } == world.clock.now())
            }
        }
        #expect(party.worlds[0].clock.now() > right)
        for world in party.worlds {
            #expect(world.logLines.all.count { $0.contains("clock_set") } <= 2)
        }
        let facts = try await party.databases[1].feed.facts(after: 0, limit: 100).map(\.at)
        #expect(facts == facts.sorted() && facts.count == 24)
        await party.close()
    }

    /// Whoever did not hear of it yet does not raise the time again.
    @Test func anOperatorSetsItForAll() async throws {
        let party = try await Party(try Bed())
        for world in party.worlds { world.clock.jump(byMs: 3_600_000) }
        _ = try await party.databases[0].setClock()
        #expect(try await party.databases[1].write { $0.now } == party.worlds[1].clock.now())
        for world in party.worlds { world.clock.jump(byMs: -3_600_000) }
        let set = try await party.databases[1].setClock()
        #expect(set.after == party.worlds[1].clock.now())
        for (world, database) in zip(party.worlds, party.databases) {
            #expect(try await database.write { $0.now } == world.clock.now())
            #expect(try await database.write { $0.now } == world.clock.now())
            #expect(try await database.read { $0.now } == world.clock.now())
        }
        await party.close()
    }

    /// A machine that starts with a wrong clock does not take a shop along that is open.
    @Test func whoJoinsWithAWrongClockFollows() async throws {
        let bed = try Bed()
        let one = try await bed.open()
        let before = try await one.write { $0.now }
        let ahead = TestWorld(startingAt: bed.test.clock.now().advanced(byMs: 3_600_000))
        let other = try await Database.open(
            bed.location, migrations: testSchema, world: ahead.world)
        #expect(try await other.write { $0.now } == before)
        #expect(try await one.write { $0.now } == before)
        #expect(ahead.logLines.all.contains { $0.contains("clock_jump") })
        await one.close()
        await other.close()
    }
}
