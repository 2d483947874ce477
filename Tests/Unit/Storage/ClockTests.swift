import FoundationEssentials
import Lifecycle
import Stores
import Support
import Testing

@testable import Storage

@Suite struct ClockTests {
    private func now(_ database: Database) async throws -> Instant {
        try await database.write { batch in
            batch.emit("tick", subject: UUID(), [])
            return batch.now
        }
    }

    /// Lets the store see that the wall clock is steady.
    private func confirm(_ database: Database, _ bed: Bed) async throws {
        for _ in 0..<7 {
            bed.test.scheduler.advance(ms: 30_000)
            _ = try await now(database)
        }
    }

    /// Facts lie in the order of time, whatever became of the clock.
    private func expectOrder(_ database: Database) async throws {
        let times = try await database.feed.facts(after: 0, limit: 1_000).map(\.at)
        #expect(times == times.sorted() && !times.isEmpty)
    }

    @Test func timeGoesWithTheWallClock() async throws {
        let bed = try Bed()
        let database = try await bed.open()
        let first = try await now(database)
        #expect(first == bed.test.clock.now())
        bed.test.scheduler.advance(ms: 1500)
        bed.test.clock.jump(byMs: 20_000)
        #expect(try await now(database) == first.advanced(byMs: 21_500))
        await database.close()
    }

    @Test func aWallClockThatGoesBackIsNotFollowed() async throws {
        let bed = try Bed()
        let database = try await bed.open()
        let first = try await now(database)
        bed.test.clock.jump(byMs: -5_000)
        #expect(try await now(database) == first)
        bed.test.scheduler.advance(ms: 700)
        #expect(try await now(database) == first.advanced(byMs: 700))
        #expect(bed.test.logLines.all.isEmpty)
        await database.close()
    }

    @Test(arguments: [61_000, 31_536_000_000, -61_000, Int64.max / 4])
    func aJumpIsIgnoredWithOneAlarm(_ jump: Int64) async throws {
        let bed = try Bed()
        let database = try await bed.open()
        let first = try await now(database)
        bed.test.clock.jump(byMs: jump)
        bed.test.scheduler.advance(ms: 100)
        #expect(try await now(database) == first.advanced(byMs: 100))
        #expect(try await now(database) == first.advanced(byMs: 100))
        #expect(bed.test.logLines.all.count { $0.contains("clock_jump") } == 1)
        bed.test.clock.jump(byMs: -jump)
        #expect(try await now(database) == bed.test.clock.now())
        await database.close()
    }

    @Test func timeNeverGoesBackOverARestart() async throws {
        let bed = try Bed()
        var database = try await bed.open()
        try await confirm(database, bed)
        let first = try await now(database)
        await database.close()
        bed.test.clock.jump(byMs: -3_600_000)
        database = try await bed.open()
        #expect(bed.test.logLines.all.count { $0.contains("clock_jump") } == 1)
        #expect(try await now(database) == first)
        await database.close()
        bed.test.clock.jump(byMs: 10 * 3_600_000)
        database = try await bed.open()
        #expect(try await now(database) == bed.test.clock.now())
        await database.close()
    }

    // MARK: A clock that was wrong

    @Test(arguments: [61_000, 3_600_000, -61_000, -3_600_000])
    func aWallClockThatAgreesWithItselfIsBelieved(_ jump: Int64) async throws {
        let bed = try Bed()
        let database = try await bed.open()
        try await confirm(database, bed)
        let right = try await now(database)
        bed.test.clock.jump(byMs: jump)
        for minute in Int64(0)..<3 {
            #expect(try await now(database) == right.advanced(byMs: minute * 60_000))
            bed.test.scheduler.advance(ms: 60_000)
        }
        #expect(try await now(database) == bed.test.clock.now())
        #expect(try await database.read { $0.now } == bed.test.clock.now())
        #expect(database.now == bed.test.clock.now())
        #expect(bed.test.logLines.all.count { $0.contains("clock_jump") } == 1)
        #expect(bed.test.logLines.all.count { $0.contains("clock_set") } == 1)
        bed.test.scheduler.advance(ms: 60_000)
        #expect(try await now(database) == bed.test.clock.now())
        try await expectOrder(database)
        await database.close()
    }

    @Test func aWallClockThatIsNotSteadyIsNotBelieved() async throws {
        let bed = try Bed()
        let database = try await bed.open()
        let first = try await now(database)
        bed.test.clock.jump(byMs: 600_000)
        for minute in Int64(1)..<20 {
            bed.test.clock.jump(byMs: minute.isMultiple(of: 2) ? 1_200_000 : -1_200_000)
            bed.test.scheduler.advance(ms: 60_000)
            #expect(try await now(database) == first.advanced(byMs: minute * 60_000))
        }
        await database.close()
    }

    /// Set back within what is tolerated: the time goes slowly until the wall clock has caught up,
    /// and never back.
    @Test func aLittleAheadIsMadeUpSlowly() async throws {
        let bed = try Bed()
        let database = try await bed.open()
        _ = try await now(database)
        bed.test.clock.jump(byMs: -40_000)
        var last = try await now(database)
        for _ in 0..<30 {
            bed.test.scheduler.advance(ms: 10_000)
            let next = try await now(database)
            #expect(next > last)
            last = next
        }
        #expect(last == bed.test.clock.now())
        await database.close()
    }

    /// The machine starts with a wrong clock, and it is set right, without a restart or with one.
    @Test func aStoreOfTheFutureHealsOverARestart() async throws {
        let bed = try Bed()
        bed.test.clock.jump(byMs: 3_600_000)
        var database = try await bed.open()
        try await confirm(database, bed)
        let future = try await now(database)
        await database.close()
        bed.test.clock.jump(byMs: -3_600_000)
        database = try await bed.open()
        #expect(try await now(database) == future)
        bed.test.scheduler.advance(ms: 181_000)
        #expect(try await now(database) == bed.test.clock.now())
        await database.close()
        database = try await bed.open()
        #expect(try await now(database) == bed.test.clock.now())
        try await expectOrder(database)
        await database.close()
    }

    /// What only a moment of the wrong clock has left behind, nothing speaks for.
    @Test func aMomentInTheFutureIsForgottenAtTheStart() async throws {
        let bed = try Bed()
        bed.test.clock.jump(byMs: 3_600_000)
        var database = try await bed.open()
        _ = try await now(database)
        await database.close()
        bed.test.clock.jump(byMs: -3_600_000)
        database = try await bed.open()
        #expect(try await database.read { $0.now } == bed.test.clock.now())
        #expect(try await now(database) == bed.test.clock.now())
        #expect(bed.test.logLines.all.count { $0.contains("clock_set") } == 1)
        try await expectOrder(database)
        await database.close()
    }

    @Test(arguments: [5_000, -5_000, 3_600_000, -3_600_000, 31_536_000_000])
    func anOperatorSetsItAtOnce(_ jump: Int64) async throws {
        let bed = try Bed()
        let database = try await bed.open()
        try await confirm(database, bed)
        let before = try await now(database)
        bed.test.clock.jump(byMs: jump)
        let set = try await database.setClock()
        #expect(set.before == (jump == 5_000 ? before.advanced(byMs: jump) : before))
        #expect(set.after == bed.test.clock.now())
        #expect(try await now(database) == bed.test.clock.now())
        bed.test.scheduler.advance(ms: 700)
        #expect(try await now(database) == bed.test.clock.now())
        try await expectOrder(database)
        await database.close()
    }

    // MARK: Leases

    /// Who died while the clock was an hour ahead is not waited for an hour.
    @Test func aLeaseOfTheFutureIsOver() async throws {
        let bed = try Bed()
        guard bed.isShared else { return }
        let database = try await bed.open()
        let (dead, other) = (bed.test.world.newID(), bed.test.world.newID())
        bed.test.clock.jump(byMs: 3_600_000)
        _ = try await database.setClock()
        #expect(try await database.write { try LeasedJob.take("job", for: dead, $0) })
        #expect(try await !database.write { try LeasedJob.take("job", for: other, $0) })
        bed.test.clock.jump(byMs: -3_600_000)
        _ = try await database.setClock()
        #expect(try await database.write { try LeasedJob.take("job", for: other, $0) })
        await database.close()
    }
}
