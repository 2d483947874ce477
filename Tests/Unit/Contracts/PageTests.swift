import Contracts
import FoundationEssentials
import RPC
import Testing
import Wire

private struct Line: Message, Equatable {
    let text: String

    init(text: String) { self.text = text }

    init(_ f: some FieldWalk, _ it: Written<Self>) {
        text = f("text", it, .text(maxBytes: 1 << 20)) { $0.text }
    }
}

/// The page of numbered lines that begins after a place.
private func page(
    _ lines: [String], after: String? = nil, limit: Int64? = nil, of list: String = "test.List",
    among filters: [String?] = []
) throws -> (lines: [String], next: String?) {
    var page = try Page<Line, Int64>(of: list, among: filters, after: after, limit: limit)
    let first = Int((page.after ?? -1) + 1)
    for (number, line) in lines.enumerated().dropFirst(first).prefix(Int(page.rowsToRead)) {
        guard page.take(Line(text: line), at: Int64(number)) else { break }
    }
    return (page.rows.map(\.text), page.next)
}

@Suite struct PageTests {
    @Test(arguments: [1, 2, 3, 9, 10, 11, 500] as [Int64])
    func pagesTogetherAreTheList(_ limit: Int64) throws {
        let lines = (0..<10).map { "\($0)" }
        var (seen, after, pages): ([String], String?, Int64) = ([], nil, 0)
        repeat {
            let page = try page(lines, after: after, limit: limit)
            #expect(page.lines.count <= limit && !page.lines.isEmpty)
            seen += page.lines
            after = page.next
            pages += 1
        } while after != nil
        #expect(seen == lines)
        // A full page that is the last one says so.
        #expect(pages == (10 + limit - 1) / limit)
    }

    @Test func aPageEndsByBytesAndAlwaysGetsOn() throws {
        let whole = String(repeating: "a", count: Paging.bytes)
        let half = String(repeating: "b", count: Paging.bytes / 2 - 20)
        let lines = [half, half, "c", whole, whole, "d"]
        var pages: [[Int]] = []
        var after: String?
        repeat {
            let page = try page(lines, after: after)
            pages.append(page.lines.map(\.utf8.count))
            after = page.next
        } while after != nil
        #expect(
            pages == [[half.utf8.count, half.utf8.count, 1], [Paging.bytes], [Paging.bytes], [1]])
    }

    @Test func anEmptyListHasOnePage() throws {
        #expect(try page([]) == ([], nil))
    }

    @Test func aPlaceOfAnotherListIsRefusedByName() throws {
        let lines = ["a", "b", "c"]
        let next = try #require(try page(lines, limit: 1, among: ["ann", nil]).next)
        #expect(try page(lines, after: next, among: ["ann", nil]).lines == ["b", "c"])
        for (list, filters) in [
            ("test.Other", ["ann", nil]), ("test.List", ["bob", nil]), ("test.List", [nil, "ann"]),
            ("test.List", []), ("test.List", ["ann", "x"]),
        ] {
            expectForeign { try page(lines, after: next, of: list, among: filters) }
        }
    }

    @Test func aDamagedPlaceIsRefusedByName() throws {
        let next = try #require(try page(["a", "b"], limit: 1).next)
        #expect(next.utf8.count <= Paging.placeBytes)
        for index in next.indices {
            for other in ["A", "z", "_", "+", "=", " ", "é"] where other != String(next[index]) {
                var damaged = next
                damaged.replaceSubrange(index...index, with: other)
                expectForeign { try page(["a", "b"], after: damaged) }
            }
            expectForeign { try page(["a", "b"], after: String(next[..<index])) }
        }
        for text in ["", " ", next + "=", next + "A", next + " ", "0", "null"] {
            expectForeign { try page(["a", "b"], after: text) }
        }
    }

    /// The check is no secret: a place that somebody made up, with a key of another kind.
    @Test func aKeyOfAnotherKindIsRefusedByName() throws {
        let forged = ListPlace<String>("test.List").text(after: "no number")
        expectForeign { try page(["a"], after: forged) }
        let tooLong = ListPlace<[Int64]>("test.List").text(after: [1, 2])
        expectForeign { try page(["a"], after: tooLong) }
    }

    private func expectForeign(_ page: () throws -> some Any) {
        let error = #expect(throws: RPCError.self) { try page() }
        #expect(error?.reason == .invalidArgument)
        guard case .array(let problems) = error?.detail["fields"] else {
            Issue.record("no field is named: \(String(describing: error))")
            return
        }
        #expect(problems.map { $0["field"] } == ["after"])
    }
}
