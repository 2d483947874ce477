import Lifecycle
import Support
import Testing

@testable import Storage

@Suite struct ClockTests {
    private func now(_ database: Database) async throws -> Instant {
        try await database.write { $0.now }
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
}
