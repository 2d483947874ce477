import FoundationEssentials
import Lifecycle
import Stores
import Support
import Testing

@testable import Storage

@Suite struct SQLTests {
    @Test func valuesAreParametersInOrder() {
        let sql: SQL = "SELECT a FROM t WHERE b = \(Int64(1)) AND c = \("x'; DROP TABLE t")"
        #expect(sql.text == "SELECT a FROM t WHERE b = $1 AND c = $2")
        #expect(sql.values.cells.count == 2)
    }

    @Test func fragmentsAndListsAreNumberedOn() {
        let condition: SQL = "b = \(Int64(1))"
        let sql: SQL =
            "SELECT a FROM t WHERE \(condition) AND c IN \(each: ["x", "y"]) AND d = \(true)"
        #expect(sql.text == "SELECT a FROM t WHERE b = $1 AND c IN ($2, $3) AND d = $4")
        let none: SQL = "c IN \(each: [String]())"
        #expect(none.text == "c IN (NULL)")
    }

    @Test func everyTypeComesBackAsItWent() async throws {
        let bed = try Bed()
        let database = try await bed.open()
        let id = bed.test.world.newID()
        let blobs: [[UInt8]] = [[], [0], [UInt8](repeating: 7, count: 100_000), Array("007".utf8)]
        for blob in blobs {
            let back = try await database.read {
                try $0.query("SELECT \(blob)") { try $0.next([UInt8].self) }
            }
            #expect(back == [blob])
        }
        // PostgreSQL stores no NUL; no request may hold one.
        let odd = StoreFolder.isSQLite ? "Zoë\u{0}" : "Zoë\u{1}"
        for text in ["", "007", odd, String(repeating: "é", count: 5000)] {
            let back = try await database.read {
                try $0.query("SELECT \(text)") { try $0.next(String.self) }
            }
            #expect(back == [text])
        }
        let row = try await database.read { reader in
            try reader.query(
                """
                SELECT \(Int64.min), \(Int.max), \(false), \(id), \(Instant(milliseconds: -1)),
                       \(bind(Int64?.none)), \(bind(UUID?.some(id)))
                """
            ) {
                [
                    try $0.next() == Int64.min, try $0.next() == Int.max, try $0.next() == false,
                    try $0.next() == id, try $0.next() == Instant(milliseconds: -1),
                    try $0.next() == Int64?.none, try $0.next() == UUID?.some(id),
                    (try? $0.next(Int64.self)) == nil,
                ]
            }
        }
        #expect(row == [[Bool](repeating: true, count: 8)])
    }

    /// The compiler warns of an optional in an interpolation, also where it is a bind.
    private func bind(_ value: some Bindable) -> SQL { "\(value)" }
}
