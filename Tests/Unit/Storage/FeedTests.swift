import FoundationEssentials
import Lifecycle
import Stores
import Support
import Synchronization
import Testing

@testable import Storage

@Suite struct FeedTests {
    @Test func numbersAreGaplessUnderConcurrency() async throws {
        let bed = try Bed()
        let database = try await bed.open()
        let world = bed.test.world
        await withTaskGroup(of: Void.self) { group in
            for writer in 0..<20 {
                group.addTask {
                    for step in 0..<25 {
                        try? await database.write(step % 2 == 0 ? .normal : .saga) { batch in
                            let id = world.newID()
                            batch.emit("\(writer).\(step)", subject: id, [UInt8(step)])
                            if step % 5 == 4 { throw Refused() }
                            batch.emit("second", subject: id, [])
                        }
                    }
                }
            }
        }
        let facts = try await database.feed.facts(after: 0, limit: 10_000)
        #expect(facts.map(\.seq) == Array(1...800))
        #expect(database.feed.head == 800)
        for (first, second) in zip(facts, facts.dropFirst()) where second.kind == "second" {
            #expect(first.subject == second.subject)
        }
        // Commits are shared: 500 commands need far fewer.
        #expect(database.statistics.commits < 400)
        await database.close()
        let again = try await bed.open()
        #expect(again.feed.head == 800)
        #expect(again.feed.id == database.feed.id)
        await again.close()
    }

    /// A reader says which fact it has under its number, so that it never reads on in another
    /// history: neither after a restore nor past facts that are gone.
    @Test func aReaderThatRemembersAnotherFactIsToldSo() async throws {
        let bed = try Bed()
        let database = try await bed.open()
        let world = bed.test.world
        for _ in 0..<5 {
            try await database.write { $0.emit("said", subject: world.newID(), []) }
        }
        let feed = database.feed
        let facts = try await feed.facts(after: 0, limit: 9)
        let (third, fourth) = (LastFact(facts[2]), LastFact(facts[3]))
        #expect(try await feed.facts(after: 3, limit: 9, following: third)?.map(\.seq) == [4, 5])
        #expect(try await feed.facts(after: 3, limit: 1, following: third)?.map(\.seq) == [4])
        #expect(try await feed.facts(after: 3, limit: 9, following: fourth) == nil)
        let later = LastFact(subject: third.subject, at: third.at.advanced(byMs: 1))
        #expect(try await feed.facts(after: 3, limit: 9, following: later) == nil)
        #expect(try await feed.facts(after: 5, limit: 9, following: LastFact(facts[4])) == [])

        try await database.write { _ = try $0.execute("DELETE FROM outbox WHERE seq <= 3") }
        #expect(try await feed.facts(after: 3, limit: 9, following: third)?.map(\.seq) == [4, 5])
        #expect(try await feed.facts(after: 2, limit: 9, following: third) == nil)
        try await database.write { _ = try $0.execute("DELETE FROM outbox") }
        #expect(try await feed.facts(after: 5, limit: 9, following: LastFact(facts[4])) == [])
        #expect(try await feed.facts(after: 4, limit: 9, following: fourth) == nil)
        await database.close()
    }

    @Test func aReaderHasAFewPagesAtOnce() async throws {
        let bed = try Bed()
        let database = try await bed.open()
        let feed = database.feed
        for _ in 0..<Feed.pagesAtOnce { #expect(feed.beginPage(of: "greedy")) }
        #expect(!database.feed.beginPage(of: "greedy"))
        #expect(feed.beginPage(of: "payments"))
        feed.endPage(of: "greedy")
        #expect(feed.beginPage(of: "greedy"))
        #expect(!feed.beginPage(of: "greedy"))
        await database.close()
    }

    @Test func pagesAreBounded() async throws {
        let bed = try Bed()
        let database = try await bed.open()
        let id = bed.test.world.newID()
        try await database.write { batch in
            for _ in 0..<300 { batch.emit("big", subject: id, [UInt8](repeating: 1, count: 4096)) }
        }
        let page = try await database.feed.facts(after: 10, limit: 5)
        #expect(page.map(\.seq) == [11, 12, 13, 14, 15])
        let large = try await database.feed.facts(after: 0, limit: .max)
        #expect((50...64).contains(large.count))
        #expect(try await database.feed.facts(after: 0, limit: -1).isEmpty)
        #expect(try await database.feed.facts(after: 300, limit: 5).isEmpty)
        await database.close()
    }

    @Test func aWaitEndsWithTheCommitThatItWaitsFor() throws {
        let test = TestWorld()
        let stores = try StoreFolder(inMemory: true)
        let heads = try test.run {
            let database = try await Database.open(
                stores.location("test"), migrations: [], world: test.world, mode: .scheduled)
            let waiters = (0..<3).map { after in
                test.scheduler.spawn {
                    try await database.feed.wait(after: Int64(after), ms: 60_000)
                }
            }
            for _ in 0..<3 {
                try await test.scheduler.sleep(ms: 1000)
                try await database.write { $0.emit("fact", subject: UUID(), []) }
            }
            var heads: [Int64] = []
            for waiter in waiters { heads.append(try await waiter.value) }
            return heads
        }
        #expect(heads.allSatisfy { (1...3).contains($0) })
        #expect(heads[2] == 3)
        #expect(test.scheduler.uptimeNanoseconds < 10_000_000_000)
    }

    @Test func aWaitEndsByTimeOrCancellation() throws {
        let test = TestWorld()
        let stores = try StoreFolder(inMemory: true)
        try test.run {
            let database = try await Database.open(
                stores.location("test"), migrations: [], world: test.world, mode: .scheduled)
            let start = test.scheduler.uptimeNanoseconds
            #expect(try await database.feed.wait(after: 0, ms: 5000) == 0)
            #expect(test.scheduler.uptimeNanoseconds - start == 5_000_000_000)
            let waiter = test.scheduler.spawn { try await database.feed.wait(after: 0, ms: 60_000) }
            try await test.scheduler.sleep(ms: 10)
            waiter.cancel()
            await #expect(throws: CancellationError.self) { try await waiter.value }
            try await database.write { $0.emit("fact", subject: UUID(), []) }
            #expect(try await database.feed.wait(after: 0, ms: 60_000) == 1)
        }
        #expect(test.scheduler.uptimeNanoseconds < 10_000_000_000)
    }
}
