public import Wire

/// What a feed tells of, under the word that stands in `FeedEvent.kind`, and the table of its body.
public struct FactKind: Sendable {
    public let name: String
    public let body: [Field]

    init(_ name: String, _ body: [Field]) {
        self.name = name
        self.body = body
    }
}
