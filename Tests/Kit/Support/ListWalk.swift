public import Wire

/// Asks for the pages of a list from its beginning to its end, and holds each against what every
/// caller may rely on: it fits its own table, its rows end by bytes, and it gets on.
public func pages<Reply: Body>(
    of method: String, next: (Reply) -> String?, ask: (String?) async throws -> Reply
) async throws -> [Reply] {
    var pages: [Reply] = []
    var after: String?
    repeat {
        let page = try await ask(after)
        try checkPage(page, of: method)
        guard after == nil || next(page) != after else {
            throw BadPage("\(method): a page that ends where it began")
        }
        pages.append(page)
        after = next(page)
    } while after != nil
    return pages
}

/// One page against its method's table and the bytes that a page may have.
public func checkPage<Reply: Body>(_ page: Reply, of method: String) throws {
    let body = CBOR.encode(page)
    let problems = try Reply.fields.check(body)
    guard problems.isEmpty else {
        throw BadPage("\(method) breaks its own table: \(problems.prefix(3))")
    }
    let rows = PagedLists.rows[method]
    guard let list = Reply.fields.first(where: { $0.name == rows }),
        case .list(let row, _) = list.type
    else { throw BadPage("\(method) is not among the paged lists") }
    let others = FieldType.message(Reply.fields.filter { $0.name != rows }).mostBytes
    // A feed's page ends behind the row that fills it.
    let most = PagedLists.bytes + (method.hasSuffix(".ReadEvents") ? row.mostBytes : 0)
    guard body.count <= others + most + list.name.utf8.count + 4 else {
        throw BadPage("\(method): a page of \(body.count) bytes")
    }
}

public struct BadPage: Error, CustomStringConvertible {
    public let description: String

    init(_ description: String) { self.description = description }
}
