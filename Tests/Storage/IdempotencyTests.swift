import Lifecycle
import Support
import Testing
import Text

@testable import Storage

@Suite struct IdempotencyTests {
    private let call = CallKey(caller: "shop", method: "inventory.CreateEvent", key: "k1")

    private func fingerprint(title: String, capacity: UInt8?) -> Fingerprint {
        Fingerprint([
            ("title", Array(title.utf8)), ("capacity", capacity.map { [$0] } ?? []),
            ("currency", Array("EUR".utf8)),
        ])
    }

    private func create(
        _ database: Database, _ call: CallKey, _ fingerprint: Fingerprint, answer: String
    ) async throws -> String {
        try await database.write { batch in
            if let known = try batch.reply(to: call, fingerprint) {
                return String(decoding: known, as: UTF8.self)
            }
            try batch.keep(reply: Array(answer.utf8), to: call, fingerprint)
            return answer
        }
    }

    @Test func theFirstAnswerIsGivenAgain() async throws {
        let bed = try Bed()
        let database = try await bed.open()
        let same = fingerprint(title: "Concert", capacity: 10)
        #expect(try await create(database, call, same, answer: "one") == "one")
        #expect(try await create(database, call, same, answer: "two") == "one")
        await database.close()
        let again = try await bed.open()
        #expect(try await create(again, call, same, answer: "three") == "one")
        await again.close()
    }

    @Test func keysBelongToTheirCallerAndMethod() async throws {
        let bed = try Bed()
        let database = try await bed.open()
        let same = fingerprint(title: "Concert", capacity: 10)
        let others = [
            CallKey(caller: "kiosk", method: call.method, key: call.key),
            CallKey(caller: call.caller, method: "inventory.PublishEvent", key: call.key),
            CallKey(caller: call.caller, method: call.method, key: "k2"),
        ]
        #expect(try await create(database, call, same, answer: "one") == "one")
        for (index, other) in others.enumerated() {
            #expect(try await create(database, other, same, answer: "\(index)") == "\(index)")
        }
        await database.close()
    }

    @Test func anotherRequestUnderTheKeyIsRefusedByItsFields() async throws {
        let bed = try Bed()
        let database = try await bed.open()
        let first = fingerprint(title: "Concert", capacity: 10)
        _ = try await create(database, call, first, answer: "one")
        let cases: [(Fingerprint, [String])] = [
            (fingerprint(title: "Opera", capacity: 10), ["title"]),
            (fingerprint(title: "Concert", capacity: nil), ["capacity"]),
            (fingerprint(title: "Opera", capacity: 11), ["title", "capacity"]),
        ]
        for (other, fields) in cases {
            await #expect(throws: KeyReused(differingFields: fields)) {
                try await create(database, call, other, answer: "two")
            }
        }
        await database.close()
    }

    @Test func afterSevenDaysItIsForgotten() async throws {
        let bed = try Bed()
        var database = try await bed.open()
        let same = fingerprint(title: "Concert", capacity: 10)
        _ = try await create(database, call, same, answer: "one")
        try await database.write { $0.emit("old", subject: bed.test.world.newID(), []) }
        let day: Int64 = 24 * 3600 * 1000
        await database.close()
        bed.test.clock.jump(byMs: 7 * day - 1000)
        database = try await bed.open()
        #expect(try await Housekeeping(database, world: bed.test.world).prune() == 0)
        #expect(try await create(database, call, same, answer: "two") == "one")
        bed.test.scheduler.advance(ms: 2000)
        #expect(try await Housekeeping(database, world: bed.test.world).prune() == 1)
        #expect(try await create(database, call, same, answer: "three") == "three")
        #expect(try await database.feed.events(after: 0, limit: 10).isEmpty)
        #expect(database.feed.head == 1)
        await database.close()
    }
}
