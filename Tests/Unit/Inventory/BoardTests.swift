import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Storage
import Stores
import Support
import Testing
import Wire

@testable import Inventory

/// The answer about stock that is made once and given to everybody, and those who wait for another.
@Suite struct BoardTests {
    private func atHand(_ rig: Rig, _ event: UUID) throws -> AvailabilityReply? {
        try rig.service.board.answer(GetAvailabilityRequest(eventId: event), rig.gateway)?.decoded
    }

    private func watch(
        _ rig: Rig, _ event: UUID, since stamp: Int64, waitMs: Int64? = nil
    ) async throws -> AvailabilityReply {
        try await rig.service.board.watch(
            WatchAvailabilityRequest(eventId: event, since: stamp, waitMs: waitMs), rig.gateway
        ).decoded
    }

    @Test func aReplyIsTheSameByteForByteAsOneEncodedAfresh() throws {
        try Rig.run { rig in
            let (event, types) = try await rig.event(
                capacity: 30, types: [TypeSpec(allocation: 20), TypeSpec(name: "Standing")])
            for quantity in [1, 3, 7] as [Int64] {
                _ = try await rig.reserve(rig.id(), event, [(types[0], quantity)])
                _ = try await rig.availability(event)
                let request = GetAvailabilityRequest(eventId: event)
                let kept = try rig.service.board.answer(request, rig.gateway)
                let fresh = try await rig.database.read {
                    try AvailabilityQueries.availability(of: event, owner: nil, in: $0)?.reply
                }
                #expect(CBOR.encode(try #require(kept)) == CBOR.encode(try #require(fresh)))
            }
        }
    }

    @Test func itStandsUntilACommitAndIsOldBeforeTheAnswer() throws {
        try Rig.run { rig in
            let (event, types) = try await rig.event(types: [TypeSpec(allocation: 20)])
            let (other, _) = try await rig.event(types: [TypeSpec(allocation: 20)])
            let first = try await rig.availability(event)
            _ = try await rig.availability(other)
            // Where others may write, an answer is not kept for long.
            try await rig.pass(ms: rig.database.isShared ? 99 : 60_000)
            let later = try #require(try atHand(rig, event))
            #expect(later.stamp == first.stamp && later.seq == first.seq)
            // The time alone is another.
            #expect(first.serverTime < later.serverTime)
            _ = try await rig.reserve(rig.id(), event, [(types[0], 2)])
            #expect(try atHand(rig, event) == nil)
            #expect(try atHand(rig, other) != nil)
            #expect(try await rig.availability(event).types.map(\.available) == [18])
        }
    }

    @Test func aRefusedReserveMarksNothing() throws {
        try Rig.run { rig in
            let (event, types) = try await rig.event(types: [TypeSpec(allocation: 1)])
            _ = try await rig.availability(event)
            let refusal = try await refusal {
                try await rig.reserve(rig.id(), event, [(types[0], 2)])
            }
            #expect(refusal?.reason == .insufficientInventory)
            #expect(try atHand(rig, event) != nil)
        }
    }

    @Test func oneIsMadeForAllWhoAskAtOnce() throws {
        try Rig.run { rig in
            let (event, types) = try await rig.event(types: [TypeSpec(allocation: 200)])
            _ = try await rig.reserve(rig.id(), event, [(types[0], 2)])
            _ = try await rig.availability(event)
            let before = rig.database.statistics.statements
            _ = try await rig.availability(event)
            let alone = rig.database.statistics.statements - before
            #expect(alone == 0)
            _ = try await rig.reserve(rig.id(), event, [(types[0], 2)])
            let reserved = rig.database.statistics.statements
            let answers = try await withThrowingTaskGroup(of: AvailabilityReply.self) { group in
                for _ in 0..<100 { group.addTask { try await rig.availability(event) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(rig.database.statistics.statements - reserved <= 8)
            #expect(answers.allSatisfy { $0.types[0].available == 196 })
        }
    }

    /// Answers asked for while others write: what was answered to a buyer before is in them, and
    /// one who asks again and again never sees the stock go back.
    @Test(arguments: 1...20) func noAnswerIsOlderThanWhatWasAnsweredBefore(seed: UInt64) throws {
        try Rig.run(seed: seed) { rig in
            let (event, types) = try await rig.event(types: [TypeSpec(allocation: 200)])
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    for round in 1...30 as ClosedRange<Int64> {
                        try await rig.pass(ms: Int64(rig.test.world.random.below(3)))
                        _ = try await rig.reserve(rig.id(), event, [(types[0], 1)])
                        let seen = try await rig.availability(event)
                        #expect(seen.types[0].available == 200 - round)
                    }
                }
                for _ in 0..<3 {
                    group.addTask {
                        var last: Int64 = 0
                        var contents: [Int64: Int64] = [:]
                        for _ in 0..<60 {
                            try await rig.pass(ms: Int64(rig.test.world.random.below(2)))
                            let seen = try await rig.availability(event)
                            #expect(seen.seq >= last)
                            #expect(contents[seen.stamp, default: seen.seq] == seen.seq)
                            contents[seen.stamp] = seen.seq
                            last = seen.seq
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test func aWindowOpensWithoutAWrite() throws {
        try Rig.run { rig in
            let opensAt = rig.now.advanced(byMs: 10_000)
            let (event, _) = try await rig.event(
                salesStart: opensAt, types: [TypeSpec(allocation: 20)])
            let before = try await rig.availability(event)
            #expect(before.event.why == .before)
            let open = try await watch(rig, event, since: before.stamp)
            #expect(open.event.why == nil && open.types.map(\.available) == [20])
            #expect(open.serverTime == opensAt)
            #expect(try await rig.availability(event) == open)
        }
    }

    @Test func aHoldThatEndsIsSeenBeforeAnybodySweeps() throws {
        try Rig.run { rig in
            let (event, types) = try await rig.event(types: [TypeSpec(allocation: 2)])
            _ = try await rig.reserve(rig.id(), event, [(types[0], 2)], ttlMs: 5_000)
            let full = try await rig.availability(event)
            #expect(full.types.map(\.available) == [0])
            #expect(full.types.map(\.nextReleaseAt) == [rig.now.advanced(byMs: 5_000)])
            let free = try await watch(rig, event, since: full.stamp)
            #expect(free.types.map(\.available) == [2])
            #expect(full.serverTime.millisecondsUntil(free.serverTime) == 5_000)
        }
    }

    @Test func theNextReleaseIsOneThatHelps() throws {
        try Rig.run { rig in
            let (event, types) = try await rig.event(
                capacity: 10, types: [TypeSpec(allocation: 2), TypeSpec(name: "Standing")])
            _ = try await rig.reserve(rig.id(), event, [(types[1], 1)], ttlMs: 5_000)
            _ = try await rig.reserve(rig.id(), event, [(types[0], 2)], ttlMs: 9_000)
            let later = rig.now.advanced(byMs: 9_000)
            // The other type's hold, which ends before, frees nothing of this one.
            #expect(
                try await rig.availability(event).types.map(\.nextReleaseAt) == [later, nil])
            _ = try await rig.reserve(rig.id(), event, [(types[1], 7)], ttlMs: 20_000)
            // Now the event is full too: any hold frees a place for the second type.
            #expect(
                try await rig.availability(event).types.map(\.nextReleaseAt)
                    == [later, rig.now.advanced(byMs: 5_000)])
        }
    }

    @Test func nothingRunsWhileNothingChangesAndAllHearWhatDoes() throws {
        try Rig.run { rig in
            let (event, types) = try await rig.event(types: [TypeSpec(allocation: 20)])
            let first = try await rig.availability(event)
            let watchers = 1_000
            try await withThrowingTaskGroup(of: AvailabilityReply.self) { group in
                for _ in 0..<watchers {
                    group.addTask { try await watch(rig, event, since: first.stamp) }
                }
                try await rig.pass(ms: 1_000)
                let statements = rig.database.statistics.statements
                let steps = rig.test.scheduler.steps
                try await rig.pass(ms: 10_000)
                // Where others may write, one looks every 50 ms whether they have.
                let looks = rig.database.isShared ? 200 : 0
                #expect(rig.database.statistics.statements - statements <= Int64(looks * 4))
                // This test's own pause.
                #expect(rig.test.scheduler.steps - steps <= 3 + looks * 6)
                let (changedAt, before) = (rig.now, rig.database.statistics.statements)
                _ = try await rig.reserve(rig.id(), event, [(types[0], 2)])
                var stamps: Set<Int64> = []
                for try await news in group {
                    stamps.insert(news.stamp)
                    #expect(news.types[0].available == 18)
                    #expect(changedAt.millisecondsUntil(rig.now) <= 50)
                }
                #expect(stamps.count == 1 && !stamps.contains(first.stamp))
                #expect(rig.database.statistics.statements - before < 40)
            }
        }
    }

    /// Of instances that share a store.
    @Test(.enabled(if: !StoreFolder.isSQLite, "a file has one owner"))
    func anotherInstanceIsHeardSoon() throws {
        try Rig.run { rig in
            let other = try await rig.another()
            let (event, types) = try await rig.event(types: [TypeSpec(allocation: 20)])
            let before = try await rig.availability(event)
            _ = try await other.reserve(rig.id(), event, [(types[0], 2)])
            try await rig.pass(ms: 100)
            #expect(try await rig.availability(event).types.map(\.available) == [18])
            let seen = try await rig.availability(event)
            async let news = watch(rig, event, since: seen.stamp)
            try await rig.pass(ms: 1_000)
            let soldAt = rig.now
            _ = try await other.reserve(rig.id(), event, [(types[0], 3)])
            let heard = try await news
            #expect(heard.types.map(\.available) == [15] && heard.stamp != before.stamp)
            #expect(soldAt.millisecondsUntil(heard.serverTime) <= 100)
            await other.database.close()
        }
    }

    /// What another instance commits between the making of an answer and the look is not missed.
    @Test(
        .enabled(if: !StoreFolder.isSQLite, "a file has one owner"),
        arguments: [0, 20, 40, 60, 80] as [Int64])
    func anotherInstanceIsHeardWheneverItWrites(afterMs: Int64) throws {
        try Rig.run { rig in
            let other = try await rig.another()
            let (event, types) = try await rig.event(types: [TypeSpec(allocation: 20)])
            let seen = try await rig.availability(event)
            async let news = watch(rig, event, since: seen.stamp)
            try await rig.pass(ms: afterMs)
            let soldAt = rig.now
            _ = try await other.reserve(rig.id(), event, [(types[0], 3)])
            let heard = try await news
            #expect(heard.types.map(\.available) == [17])
            #expect(soldAt.millisecondsUntil(heard.serverTime) <= 200)
            await other.database.close()
        }
    }

    /// Nor what it committed before, which somebody who watches another event has noticed.
    @Test(.enabled(if: !StoreFolder.isSQLite, "a file has one owner"))
    func whatAnotherInstanceWroteBeforeTheWatchIsHeardToo() throws {
        try Rig.run { rig in
            let other = try await rig.another()
            let (event, types) = try await rig.event(types: [TypeSpec(allocation: 20)])
            let (next, others) = try await rig.event(types: [TypeSpec(allocation: 20)])
            let quiet = try await rig.availability(next)
            async let elsewhere = watch(rig, next, since: quiet.stamp)
            try await rig.pass(ms: 500)
            let seen = try await rig.availability(event)
            _ = try await other.reserve(rig.id(), event, [(types[0], 3)])
            // So long that the batch is seen, and so short that the answer still stands.
            try await rig.pass(ms: 60)
            let asked = rig.now
            let heard = try await watch(rig, event, since: seen.stamp)
            #expect(heard.types.map(\.available) == [17])
            #expect(asked.millisecondsUntil(rig.now) <= 100)
            _ = try await other.reserve(rig.id(), next, [(others[0], 1)])
            #expect(try await elsewhere.types.map(\.available) == [19])
            await other.database.close()
        }
    }

    /// Those who ask again at once are told of a busy event every so often, all at a time.
    @Test func whoAsksAgainAtOnceIsToldTwentyTimesASecond() throws {
        try Rig.run { rig in
            let (event, types) = try await rig.event(types: [TypeSpec(allocation: 1_000)])
            let until = rig.now.advanced(byMs: 1_000)
            try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<20 {
                    group.addTask {
                        var (stamp, told): (Int64, Int) = (0, 0)
                        while rig.now < until {
                            stamp = try await watch(rig, event, since: stamp).stamp
                            told += 1
                        }
                        return told
                    }
                }
                group.addTask {
                    while rig.now < until {
                        try await rig.pass(ms: 1)
                        _ = try await rig.reserve(rig.id(), event, [(types[0], 1)])
                    }
                    return 0
                }
                for try await told in group { #expect(told <= 25) }
            }
        }
    }

    @Test func aWaitThatIsOverAnswersWhatThereIs() throws {
        try Rig.run { rig in
            let (event, types) = try await rig.event(types: [TypeSpec(allocation: 20)])
            let before = try await rig.availability(event)
            let after = try await watch(rig, event, since: before.stamp, waitMs: 500)
            #expect(after.stamp == before.stamp)
            #expect(before.serverTime.millisecondsUntil(after.serverTime) == 500)
            let at = rig.now
            #expect(try await watch(rig, event, since: 1).stamp == before.stamp)
            #expect(rig.now == at)
            // What has just changed is in it, though it was not told yet.
            async let last = watch(rig, event, since: before.stamp, waitMs: 500)
            try await rig.pass(ms: 490)
            _ = try await rig.reserve(rig.id(), event, [(types[0], 1)])
            _ = try await rig.reserve(rig.id(), event, [(types[0], 1)])
            #expect(try await last.types[0].available ?? 20 <= 19)
        }
    }

    @Test func buyersSeeNoDraftThatStaffHasJustSeen() throws {
        try Rig.run { rig in
            let (event, _) = try await rig.event(
                isPublished: false, types: [TypeSpec(allocation: 20)])
            #expect(try await rig.availability(event, as: rig.manager).event.why == .draft)
            for _ in 0..<2 {
                #expect(
                    try await refusal { try await rig.availability(event) }?.reason == .notFound)
                #expect(
                    try await refusal { try await watch(rig, event, since: 1) }?.reason
                        == .notFound)
            }
        }
    }

    @Test func moreEventsThanThereIsRoomForAreAnsweredAllTheSame() throws {
        try Rig.run { rig in
            var events: [UUID] = []
            for _ in 0..<300 {
                events.append(try await rig.event(types: [TypeSpec(allocation: 20)]).eventId)
            }
            for event in events {
                _ = try await rig.availability(event)
                try await rig.pass(ms: 1)
            }
            #expect(try atHand(rig, events[299]) != nil)
            #expect(try atHand(rig, events[0]) == nil)
            #expect(try await rig.availability(events[0]).types[0].available == 20)
        }
    }
}
