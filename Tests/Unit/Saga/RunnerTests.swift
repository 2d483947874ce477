import FoundationEssentials
import Lifecycle
import RPC
import Saga
import Support
import Synchronization
import Testing
import Wire

@Suite struct RunnerTests {
    @Test func aSagaTakesOneCommitAStepAndThePivotRidesWithTheNext() throws {
        let end = try Rig().drive()
        #expect(end.row?.did == ["reserve", "pay", "consume"])
        #expect(end.commits == 2)
    }

    @Test func anUnknownIsAskedAgain() throws {
        let lost = Script.Line.fails(RPCError(.unavailable, "gone"))
        let end = try Rig(["reserve": [lost], "pay": [lost, lost], "consume": [lost]]).drive()
        #expect(end.row?.did == ["reserve", "pay", "consume"])
    }

    @Test func aRefusalTurnsBack() throws {
        let refusal = Script.Line.fails(.heard(.notFound))
        let end = try Rig(["pay": [refusal]]).drive()
        #expect(end.row?.did == ["reserve", "release"])
    }

    @Test func aResultSurvivesADatabaseThatFailsForAWhile() throws {
        let rig = Rig()
        rig.table.failNext(7, RPCError(.unavailable, "no disk today"))
        #expect(try rig.drive().row?.did == ["reserve", "pay", "consume"])
    }

    @Test func slownessIsNotedAndTheCallGoesOn() throws {
        let end = try Rig(["consume": [.takes(ms: 51)]]).drive()
        #expect(end.row?.notes == ["slow"])
        #expect(end.row?.did == ["reserve", "pay", "consume"])
        #expect(end.commits == 3)
        #expect(try Rig(["consume": [.takes(ms: 49)]]).drive().row?.notes == [])
    }

    @Test func anotherProcessTakesOverWithAHigherEpoch() throws {
        let rig = Rig(["pay": [.never]])
        try rig.test.run {
            let first = try await rig.runner()
            let row = rig.add()
            first.start(row)
            try await rig.test.scheduler.sleep(ms: 1_000)
            first.stop()
            let second = try await rig.runner()
            let watch = second.progress.watch(row.id) { $0.position == nil }
            let job = rig.test.scheduler.spawn { try await second.run() }
            let end = await watch.value(withinMs: 60_000)
            job.cancel()
            #expect(end?.did == ["reserve", "pay", "consume"])
            #expect(second.epoch > first.epoch)
            #expect(rig.script.epochs.withLock { $0 } == [1, 1, 2, 2])
        }
    }

    @Test func whoeverWaitsForAPeerThatIsBackGoesOnAtOnce() throws {
        let gone = [Script.Line](repeating: .fails(RPCError(.unavailable, "gone")), count: 9)
        let full = [Script.Line](repeating: .fails(RPCError(.overloaded, "full")), count: 9)
        for (lines, isMeant) in [(gone, true), (full, false)] {
            let rig = Rig(["pay": lines])
            try rig.test.run {
                let runner = try await rig.runner()
                let row = rig.add()
                let watch = runner.progress.watch(row.id) { $0.position == nil }
                runner.start(row)
                // All nine have failed, and a pause of half a minute at least has begun.
                while rig.script.epochs.withLock({ $0.count }) < 10 {
                    try await rig.test.scheduler.sleep(ms: 100)
                }
                runner.hurry(to: "consume")
                try await rig.test.scheduler.sleep(ms: 100)
                #expect(rig.script.epochs.withLock { $0.count } == 10)
                runner.hurry(to: "pay")
                try await rig.test.scheduler.sleep(ms: 100)
                #expect(rig.script.epochs.withLock { $0.count } == (isMeant ? 12 : 10))
                #expect(await watch.value(withinMs: 60_000)?.did == ["reserve", "pay", "consume"])
                // The pause that was cut short wakes nobody any more.
                try await rig.test.scheduler.sleep(ms: 120_000)
                #expect(rig.script.epochs.withLock { $0.count } == 12)
            }
        }
    }

    /// A pause that was cut short, for whatever reason, ends no later one.
    @Test func whoeverIsWokenRestsOnceAfterwards() throws {
        let full = Script.Line.fails(RPCError(.overloaded, "full"))
        let rig = Rig(["pay": [Script.Line](repeating: full, count: 9)])
        try rig.test.run {
            let runner = try await rig.runner()
            let row = rig.add()
            runner.start(row)
            try await rig.test.scheduler.sleep(ms: 10)
            for _ in 0..<4 {
                runner.wake(row.id)
                try await rig.test.scheduler.sleep(ms: 1)
            }
            // Pauses of 0.2, 0.4, 0.8 and 1.6 s were cut short, and the last is 1.6 s at least.
            try await rig.test.scheduler.sleep(ms: 1_500)
            #expect(rig.script.epochs.withLock { $0.count } == 6)
        }
    }

    @Test func aFencedRunnerRaisesItsEpochAboveTheOneSeen() throws {
        let fenced = RPCError.heard(
            Reason(received: "FENCED", .aborted, .unknown), detail: ["epoch": .integer(41)])
        let rig = Rig(["reserve": [.fails(fenced)]])
        _ = try rig.drive()
        #expect(rig.script.epochs.withLock { $0 } == [1, 42, 42, 42])
    }

    @Test func sagasThatAreFencedTogetherDrawOneEpoch() throws {
        let fenced = RPCError.heard(
            Reason(received: "FENCED", .aborted, .unknown), detail: ["epoch": .integer(41)])
        let rig = Rig(["reserve": Array(repeating: .fails(fenced), count: 5)])
        try rig.test.run {
            let runner = try await rig.runner()
            let rows = (0..<5).map { _ in rig.add() }
            let watches = rows.map { row in runner.progress.watch(row.id) { $0.position == nil } }
            for row in rows { runner.start(row) }
            for watch in watches { #expect(await watch.value(withinMs: 60_000) != nil) }
            #expect(Set(rig.script.epochs.withLock { $0 }) == [1, 42])
        }
    }

    @Test func oneTaskDrivesASagaHoweverOftenItIsStarted() throws {
        let rig = Rig(["reserve": [.takes(ms: 10)]])
        try rig.test.run {
            let runner = try await rig.runner()
            let row = rig.add()
            let watch = runner.progress.watch(row.id) { $0.position == nil }
            for _ in 0..<10 {
                runner.start(row)
                runner.wake(row.id)
            }
            #expect(await watch.value(withinMs: 60_000)?.did == ["reserve", "pay", "consume"])
            #expect(rig.script.epochs.withLock { $0.count } == 3)
        }
    }

    @Test func aWatchEndsByTimeAndByCancelling() throws {
        let rig = Rig(["reserve": [.never]])
        try rig.test.run {
            let runner = try await rig.runner()
            let row = rig.add()
            runner.start(row)
            let watch = runner.progress.watch(row.id) { _ in true }
            #expect(await watch.value(withinMs: 100) == nil)
            let other = runner.progress.watch(row.id) { _ in true }
            let task = rig.test.scheduler.spawn { await other.value(withinMs: 1_000_000) }
            task.cancel()
            #expect(try await task.value == nil)
        }
    }
}
