import Contracts
import FoundationEssentials
import RPC
import Support
import Testing
import Wire

/// Every call can be answered: the largest reply that the field tables allow fits into a frame, or
/// is a page that ends by bytes.
@Suite struct LargestMessageTests {
    static let methods = InventoryAPI.methods + OrdersAPI.methods + PaymentsAPI.methods

    /// Kind, id, no error: what a response has beside its body, and a request beside its body and
    /// its context.
    private static let headBytes = 64
    /// `key`, `trace` and an actor with all its entitlements.
    private static let contextBytes = 64 << 10

    @Test(arguments: methods.map(\.name))
    func replyFitsIntoAFrame(_ name: String) throws {
        let method = try #require(Self.methods.first { $0.name == name })
        guard let rows = PagedLists.rows[name] else {
            let most = FieldType.message(method.reply).mostBytes
            #expect(
                most + Self.headBytes <= FrameLimits.afterHello,
                "\(name) answers up to \(most) bytes: bound its lists, or page them by bytes")
            return
        }
        let list = try #require(method.reply.first { $0.name == rows }, "\(name) has no \(rows)")
        guard case .list(let row, _) = list.type else {
            Issue.record("\(name): \(rows) is no list")
            return
        }
        // A page takes one row whatever its size, and a feed one more than it has room for.
        let others = FieldType.message(method.reply.filter { $0.name != rows }).mostBytes
        let most = others + Paging.bytes + row.mostBytes
        #expect(
            most + Self.headBytes <= FrameLimits.afterHello,
            "\(name) answers up to \(most) bytes beside its full page")
    }

    @Test(arguments: methods.map(\.name))
    func requestFitsIntoAFrame(_ name: String) throws {
        let method = try #require(Self.methods.first { $0.name == name })
        let most = FieldType.message(method.request).mostBytes
        #expect(
            most + Self.headBytes + Self.contextBytes <= FrameLimits.afterHello,
            "\(name) is asked in up to \(most) bytes, and nobody could send that")
    }

    @Test func whatIsPagedExists() {
        #expect(Set(PagedLists.rows.keys).isSubset(of: Self.methods.map(\.name)))
    }

    /// The sum that the others trust, on a table whose largest message can be written down.
    @Test func theSumIsThatOfTheLargestMessage() throws {
        let most = FieldType.message(Largest.fields).mostBytes
        #expect(CBOR.encode(Largest()).count == most)
    }

    // MARK: One convention

    @Test(arguments: methods.map(\.name))
    func pagingIsTheSameEverywhere(_ name: String) throws {
        let method = try #require(Self.methods.first { $0.name == name })
        for word in ["hasMore", "cursor", "offset", "page", "pageSize", "pageToken"] {
            #expect(!(method.request + method.reply).contains { $0.name == word }, "\(word)")
        }
        func has(_ name: String, in fields: [Field]) -> Bool {
            func sizes(_ fields: [Field]) -> [Int] {
                fields.filter { $0.name == name && !$0.isRequired }
                    .map { FieldType.message([$0]).mostBytes }
            }
            return sizes(fields) == sizes(ListOrdersRequest.fields + ListOrdersReply.fields)
        }
        if method.request.contains(where: { $0.name == "after" }) {
            #expect(has("after", in: method.request) && has("limit", in: method.request))
            #expect(has("next", in: method.reply))
            #expect(PagedLists.rows[name] != nil, "is it paged by bytes?")
        }
        if method.name.contains(".List") {
            #expect(method.request.contains { $0.name == "after" }, "a list without pages")
        }
    }

    /// What has a default may be left out.
    @Test(arguments: methods.map(\.name))
    func whatHasADefaultIsOptional(_ name: String) throws {
        let method = try #require(Self.methods.first { $0.name == name })
        for field in method.request + method.reply {
            let isUsual = ["limit", "after", "waitMs", "next"].contains(field.name)
            // What a note says of its absence, the table must allow.
            guard isUsual || field.note.contains("absent") else { continue }
            #expect(!field.isRequired, "\(name): \(field.name)")
        }
    }
}

/// The largest values of all kinds that have a length or a size.
private struct Largest: Message {
    var flag = true
    var number = Int64.min
    var small = Int64(24)
    var text = String(repeating: "t", count: 300)
    var word = String(repeating: "w", count: 64)
    var id = UUID(uuid: (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16))
    var list = Array(repeating: Inner(), count: 30)

    struct Inner: Message {
        var a = "ab"

        init() {}

        init(_ f: some FieldWalk, _ it: Written<Self>) {
            a = f("a", it, .text(maxBytes: 2)) { $0.a }
        }
    }

    init() {}

    init(_ f: some FieldWalk, _ it: Written<Self>) {
        flag = f("flag", it) { $0.flag }
        number = f("number", it, .integer(Int64.min...Int64.max)) { $0.number }
        small = f("small", it, .integer(0...24)) { $0.small }
        text = f("text", it, .text(maxBytes: 300)) { $0.text }
        word = f("word", it, .word(["W"])) { $0.word }
        id = f("id", it) { $0.id }
        list = f("list", it, .list(maxCount: 30)) { $0.list }
    }
}
