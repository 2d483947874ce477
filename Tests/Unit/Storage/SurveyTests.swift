import Dispatch
import FoundationEssentials
import Lifecycle
import Past
import Stores
import Support
import Testing

@testable import Storage

/// What looks through a long history, and the past that such looks are measured on.
@Suite struct SurveyTests {
    private static let lines: SQL = "SELECT COUNT(*) FROM line"

    @Test func aLongLookKeepsNoReadWaiting() async throws {
        let bed = try Bed()
        let database = try await bed.open()
        let (begun, mayEnd) = (Latch(), DispatchSemaphore(value: 0))
        async let survey = database.survey { reader in
            let before = try reader.query(Self.lines) { try $0.next(Int64.self) }
            begun.open()
            mayEnd.wait()
            return try before + reader.query(Self.lines) { try $0.next(Int64.self) }
        }
        await begun.wait()
        try await database.write { [id = bed.test.world.newID()] in
            try $0.insert(LineRow(id, 1, quantity: 2))
        }
        let seen = try await database.read {
            try $0.query(Self.lines) { try $0.next(Int64.self) }
        }
        #expect(seen == [1])
        mayEnd.signal()
        // It goes on seeing what there was when it began.
        #expect(try await survey == [0, 0])
        await database.close()
        let late = await #expect(throws: StorageError.self) { try await database.survey { _ in } }
        #expect(late?.code == .closed)
    }

    @Test func whatCameAndWentIsForgotten() {
        var sums = OpenSums<String>()
        sums.add(0, to: "nothing")
        for _ in 0..<1_000 {
            sums.add(5, to: "hold")
            sums.add(-3, to: "hold")
            sums.add(-2, to: "hold")
        }
        sums.add(-7, to: "given back twice")
        #expect(sums.sums == ["given back twice": -7])
    }

    @Test(arguments: [1, 3, 100] as [Int64])
    func factsAreComparedInParts(atOnce: Int64) async throws {
        let bed = try Bed()
        let database = try await bed.open()
        let ids = (0..<40).map { _ in bed.test.world.newID() }
        try await database.write { batch in
            for id in ids { batch.emit("ended", subject: id, []) }
            for id in ids { batch.emit("paid", subject: id, []) }
            batch.emit("ended", subject: ids[7], [])
            batch.emit("ended", subject: ids[30], [])
            batch.emit("ended", subject: ids[30], [])
        }
        let found = try await database.survey {
            try $0.repeatedFacts("kind <> \("paid")", atOnce: atOnce)
        }
        #expect(
            Set(found) == [
                RepeatedFact(subject: ids[7], kind: "ended", count: 2),
                RepeatedFact(subject: ids[30], kind: "ended", count: 3),
            ])
        await database.close()
    }

    @Test(.enabled(if: StoreFolder.isSQLite)) func aDayIsRepeatedIntoThePast() async throws {
        let bed = try Bed()
        let (world, everyMs) = (bed.test.world, 60_000 as Int64)
        var database = try await bed.open()
        func live(_ id: UUID) async throws {
            try await database.write { batch in
                try batch.insert(LineRow(id, 1, quantity: 2))
                // A CBOR id, as messages have them.
                let body = [0xd8, 0x25, 0x50] + withUnsafeBytes(of: id.uuid) { Array($0) }
                batch.emit("lived", subject: id, body)
            }
        }
        let older = world.newID()
        try await live(older)
        bed.test.clock.jump(byMs: 1_000)
        let (start, ids) = (world.now, [world.newID(), world.newID()])
        for id in ids { try await live(id) }
        await database.close()

        let day = Day(since: start, times: 3, everyMs: everyMs)
        try day.repeated(
            [Day.Table("line"), Day.Table("outbox", number: "seq")],
            in: bed.directory.path + "/test.db", totals: [])

        database = try await bed.open()
        let facts = try await database.feed.facts(after: 0, limit: 100)
        #expect(facts.map(\.seq) == Array(1...7) && database.feed.head == 7)
        #expect(facts.map(\.subject).first == older && facts.suffix(2).map(\.subject) == ids)
        for fact in facts {
            let id = withUnsafeBytes(of: fact.subject.uuid) { Array($0) }
            #expect(fact.body == [0xd8, 0x25, 0x50] + id)
        }
        let days = facts.dropFirst().map(\.at)
        #expect(zip(days, days.dropFirst(2)).allSatisfy { $0.advanced(byMs: everyMs) == $1 })
        let rows = try await database.read { try $0.select(LineRow.self, where: "number = 1") }
        #expect(Set(rows.map(\.key.hold)) == Set(facts.map(\.subject)))
        await database.close()
    }
}
