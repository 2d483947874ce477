import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Storage
import Support
import Testing
import Wire

@testable import Inventory

/// Availability, sweeping, selling out, and the feed.
@Suite struct StockTests {
    @Test func availabilityCountsWhatIsOverAsFree() throws {
        try Rig.run { rig in
            let (event, types) = try await rig.event(
                capacity: 30, types: [TypeSpec(allocation: 20), TypeSpec(name: "Standing")])
            let sold = rig.id()
            let order = rig.id()
            _ = try await rig.reserve(rig.id(), event, [(types[0], 5)], ttlMs: 1_000)
            _ = try await rig.reserve(rig.id(), event, [(types[0], 4)], ttlMs: 10_000)
            _ = try await rig.reserve(rig.id(), event, [(types[0], 2)], owner: "bob")
            _ = try await rig.reserve(
                sold, event, [(types[1], 6)], fence: Fence(orderId: order, epoch: 1))
            try await rig.pass(ms: 1_000)
            let open = try await rig.availability(event, owner: "ada")
            #expect(
                open.event
                    == EventStock(
                        capacity: 30, held: 12, sold: 0, available: 18, atCapacity: false))
            #expect(open.types.map(\.available) == [14, 18])
            #expect(open.types.map(\.heldByYou) == [4, 6])
            #expect(open.types.map(\.heldByOthers) == [2, 0])
            #expect(open.types.map(\.nextReleaseAt) == [nil, nil])
            #expect(try await rig.held(event) == 17)
            _ = try await rig.consume(sold, order: order)
            let later = try await rig.availability(event)
            #expect(later.types.map(\.sold) == [0, 6])
            #expect(later.types.map(\.heldByYou) == [0, 0])
            #expect(later.seq > open.seq)
        }
    }

    @Test func theLastTenthIsLow() throws {
        try Rig.run { rig in
            let (event, types) = try await rig.event(types: [TypeSpec(allocation: 20)])
            _ = try await rig.reserve(rig.id(), event, [(types[0], 10)])
            _ = try await rig.reserve(rig.id(), event, [(types[0], 7)])
            #expect(try await rig.availability(event).types[0].lowStock == false)
            _ = try await rig.reserve(rig.id(), event, [(types[0], 1)])
            #expect(try await rig.availability(event).types[0].lowStock)
            _ = try await rig.reserve(rig.id(), event, [(types[0], 2)])
            #expect(try await rig.availability(event).types[0].available == 0)
        }
    }

    @Test func unknownEventsHaveNoStock() throws {
        try Rig.run { rig in
            let (_, types) = try await rig.event(types: [TypeSpec()])
            // A ticket type's pool is none of an event.
            for id in [rig.id(), types[0]] {
                let error = try await refusal { try await rig.availability(id) }
                #expect(error?.reason == .notFound)
            }
        }
    }

    @Test(arguments: [(buyers: 20, tickets: Int64(5)), (buyers: 500, tickets: 1)])
    func buyersThanTicketsSellOutExactly(buyers: Int, tickets: Int64) throws {
        try Rig.run(seed: UInt64(buyers)) { rig in
            let (event, types) = try await rig.event(types: [TypeSpec(allocation: tickets)])
            let sold = await withTaskGroup(of: Bool.self) { group in
                for buyer in 0..<buyers {
                    group.addTask {
                        let (id, order) = (rig.id(), rig.id())
                        do {
                            try await rig.pass(ms: Int64(rig.test.world.random.below(20)))
                            _ = try await rig.reserve(
                                id, event, [(types[0], 1)], owner: "buyer \(buyer)",
                                fence: Fence(orderId: order, epoch: 1))
                            try await rig.pass(ms: Int64(rig.test.world.random.below(20)))
                            return try await rig.consume(id, order: order).state == .consumed
                        } catch { return false }
                    }
                }
                return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(Int64(sold) == tickets)
            #expect(try await rig.sold(types[0]) == tickets)
            #expect(try await rig.held(types[0]) == 0)
            #expect(try await rig.violations() == [])
        }
    }

    @Test func moreBrokenHoldsThanASweepTakesDoNotStandBeforeTheOthers() throws {
        try Rig.run { rig in
            let broken = Int(SweepJob.batchLimit) + 20
            let (event, types) = try await rig.event(types: [TypeSpec(allocation: 1_000)])
            for _ in 0..<broken {
                _ = try await rig.reserve(rig.id(), event, [(types[0], 1)], ttlMs: 1_000)
            }
            let lost = Hold.blobOfOneLine(of: rig.id(), quantity: 1)
            try await rig.execute("UPDATE hold SET lines = \(lost)")
            for _ in 0..<3 {
                _ = try await rig.reserve(rig.id(), event, [(types[0], 1)], ttlMs: 2_000)
            }
            try await rig.pass(ms: 3_000)
            let sweeper = SweepJob(world: rig.test.world, database: rig.database)
            #expect(try await sweeper.sweep(limit: SweepJob.batchLimit).expiredHolds == 3)
            #expect(try await rig.held(types[0]) == Int64(broken))
            // One line tells of all of them.
            let lines = rig.test.logLines.all.filter { $0.contains("sweep_skipped") }
            #expect(lines.count == 1)
            let gauges = rig.test.world.metrics.counters()
            #expect(gauges.contains { $0 == ("sweeper.skipped", Int64(broken)) })
        }
    }

    @Test func theSweeperTidiesTheOldestFirstAndSkipsWhatIsBroken() throws {
        try Rig.run { rig in
            let (event, types) = try await rig.event(types: [TypeSpec(allocation: 10)])
            var ids: [UUID] = []
            for ttlMs in [Int64(3_000), 1_000, 2_000] {
                ids.append(rig.id())
                _ = try await rig.reserve(
                    ids[ids.count - 1], event, [(types[0], 2)], ttlMs: ttlMs)
            }
            try await rig.pass(ms: 5_000)
            let first = try await rig.service.sweepExpired(
                SweepExpiredRequest(limit: 1), rig.call(.operator))
            #expect(
                first
                    == SweepExpiredReply(
                        expiredHolds: 1, releasedQuantity: 2, oldestLagMs: 4_000))
            #expect(try await rig.held(types[0]) == 4)
            // The second oldest loses its ticket type's pool: it is left alone, the third is not.
            let lost = rig.id()
            let broken = Hold.blobOfOneLine(of: lost, quantity: 2)
            try await rig.execute("UPDATE hold SET lines = \(broken) WHERE hold_id = \(ids[2])")
            let rest = try await rig.service.sweepExpired(
                SweepExpiredRequest(), rig.call(.operator))
            #expect(rest.expiredHolds == 1)
            #expect(try await rig.held(types[0]) == 2)
            #expect(rig.test.logLines.all.contains { $0.contains("sweep_skipped") })
            #expect(rig.test.world.metrics.counters().contains { $0 == ("sweeper.lag_ms", 2_000) })
        }
    }

    @Test func aRefusedReserveReapsAroundABrokenHold() throws {
        try Rig.run { rig in
            let (event, types) = try await rig.event(types: [TypeSpec(allocation: 4)])
            let (good, bad) = (rig.id(), rig.id())
            _ = try await rig.reserve(bad, event, [(types[0], 2)], ttlMs: 1_000)
            _ = try await rig.reserve(good, event, [(types[0], 2)], ttlMs: 1_000)
            try await rig.pass(ms: 1_000)
            let broken = Hold.blobOfOneLine(of: rig.id(), quantity: 2)
            try await rig.execute("UPDATE hold SET lines = \(broken) WHERE hold_id = \(bad)")
            #expect(try await rig.reserve(rig.id(), event, [(types[0], 2)]).state == .active)
            #expect(try await rig.hold(good).state == .expired)
            let full = try await refusal { try await rig.reserve(rig.id(), event, [(types[0], 1)]) }
            #expect(full?.reason == .insufficientInventory)
        }
    }

    @Test func theSweeperRunsBesideAndRaisesItsAlarm() throws {
        try Rig.run { rig in
            let (event, types) = try await rig.event(types: [TypeSpec(allocation: 4)])
            let sweeper = rig.test.scheduler.spawn { try await rig.service.jobs[0].run() }
            let stuck = rig.id()
            _ = try await rig.reserve(rig.id(), event, [(types[0], 2)], ttlMs: 1_500)
            _ = try await rig.reserve(
                stuck, event, [(types[0], 1)], fence: Fence(orderId: rig.id(), epoch: 1))
            try await rig.pass(ms: 3_000)
            #expect(try await rig.held(types[0]) == 1)
            #expect(try await rig.holdFacts() == ["hold.expired"])
            #expect(!rig.test.logLines.all.contains { $0.contains("commit_overdue") })
            try await rig.pass(ms: 60_000)
            #expect(rig.test.logLines.all.contains { $0.contains("commit_overdue") })
            sweeper.cancel()
            _ = await sweeper.result
        }
    }

    @Test func whatNeverTookStockIsForgottenAfterAWeek() throws {
        try Rig.run { rig in
            let (event, types) = try await rig.event(types: [TypeSpec(allocation: 2)])
            let (taken, refused, tombstone) = (rig.id(), rig.id(), rig.id())
            _ = try await rig.reserve(taken, event, [(types[0], 2)])
            _ = try await refusal { try await rig.reserve(refused, event, [(types[0], 1)]) }
            _ = try await rig.release(tombstone)
            _ = try await rig.release(taken)
            try await rig.pass(ms: Housekeeping.keptMs)
            try await rig.service.housekeeping.prune()
            #expect(try await rig.hold(refused).state == .refused)
            #expect(try await rig.hold(tombstone).state == .released)
            try await rig.pass(ms: 1)
            try await rig.service.housekeeping.prune()
            #expect(try await rig.hold(taken).state == .released)
            for id in [refused, tombstone] {
                let error = try await refusal { try await rig.hold(id) }
                #expect(error?.reason == .holdNotFound)
            }
            #expect(try await rig.violations() == [])
        }
    }

    @Test func theFeedTellsWhatHappened() throws {
        try Rig.run { rig in
            let (event, types) = try await rig.event(types: [TypeSpec(allocation: 4)])
            let (expired, released) = (rig.id(), rig.id())
            let fence = Fence(orderId: rig.id(), epoch: 1)
            _ = try await rig.reserve(expired, event, [(types[0], 1)], ttlMs: 1_000)
            _ = try await rig.reserve(released, event, [(types[0], 1)], fence: fence)
            try await rig.pass(ms: 1_000)
            _ = try await rig.service.sweepExpired(SweepExpiredRequest(), rig.call(.operator))
            _ = try await rig.release(released, fence: fence)
            @Sendable func read(_ request: FeedRequest) async throws -> FeedReply {
                try await rig.page(request)
            }
            let feed = try await read(FeedRequest(feedId: nil, afterSeq: 0))
            #expect(
                feed.events.map(\.kind) == [
                    "event.created", "event.published", "hold.expired", "hold.released",
                ])
            #expect(feed.events.map(\.seq) == [1, 2, 3, 4])
            let fact = try CBOR.decode(HoldFact.self, from: Array(feed.events[3].body))
            #expect(
                fact
                    == HoldFact(
                        holdId: released, eventId: event, orderId: fence.orderId, reason: .buyer))
            let waiting = rig.test.scheduler.spawn {
                try await read(FeedRequest(feedId: feed.feedId, afterSeq: 4, waitMs: 20_000))
            }
            try await rig.pass(ms: 5)
            let last = rig.id()
            _ = try await rig.reserve(last, event, [(types[0], 1)])
            _ = try await rig.release(last)
            #expect(try await waiting.value.events.map(\.subject) == [last])
            for (id, seq) in [(rig.id(), Int64(0)), (feed.feedId, 6)] {
                let error = try await refusal {
                    try await read(FeedRequest(feedId: id, afterSeq: seq))
                }
                #expect(error?.reason == .feedDiverged)
            }
        }
    }
}

extension Hold {
    /// The stored form of one line of a ticket type that does not exist.
    fileprivate static func blobOfOneLine(of type: UUID, quantity: Int64) -> [UInt8] {
        HeldLine.Packed.cell(of: [
            HeldLine(
                ticketTypeId: type, quantity: quantity,
                price: LinePrice(unitPrice: 0, fee: 0, tax: 0), isOwnerLimited: false)
        ])
    }
}
