internal import Contracts
internal import FoundationEssentials
import Lifecycle
import Storage
internal import Text

/// A fact of another service's feed that could not be booked, because of a row here or of what it
/// says: the feed is read on behind it, and it is tried again until it is booked.
struct FactAside: StoredRow {
    static let table = TableLayout(
        "feed_aside", key: ["feed", "seq"],
        columns: ["feed", "seq", "kind", "subject", "at", "body"])

    struct Place: StoredKey {
        let feed: ByteText
        let seq: Int64

        func write(to columns: inout ColumnWriter) {
            columns.append(feed)
            columns.append(seq)
        }
    }

    let feed: String
    let fact: Contracts.FeedEvent

    var key: Place { Place(feed: ByteText(feed), seq: fact.seq) }

    init(_ fact: Contracts.FeedEvent, of feed: String) {
        self.feed = feed
        self.fact = fact
    }

    func write(to columns: inout ColumnWriter) {
        key.write(to: &columns)
        columns.append(fact.kind)
        columns.append(fact.subject)
        columns.append(fact.at)
        columns.append(Array(fact.body))
    }

    init(from columns: inout ColumnReader) throws {
        feed = try columns.next()
        fact = Contracts.FeedEvent(
            seq: try columns.next(), kind: try columns.next(), subject: try columns.next(),
            at: try columns.next(), body: Data(try columns.next([UInt8].self)))
    }
}

extension FeedCursor {
    /// For a migration: which fact a cursor remembers, and facts that could not be booked.
    public static let settingAside = """
        ALTER TABLE feed_cursor ADD COLUMN last_seq BIGINT;
        CREATE TABLE feed_aside (
            feed TEXT NOT NULL, seq BIGINT NOT NULL, kind TEXT NOT NULL, subject BYTEA NOT NULL,
            at BIGINT NOT NULL, body BYTEA NOT NULL, PRIMARY KEY (feed, seq));
        """
}

extension FeedConsumer {
    /// Of more than these the rest waits until some of them are booked.
    private static var most: Int64 { 200 }

    /// Reads on behind the one fact of a page that cannot be booked.
    func setAside(_ page: FeedReply, after cursor: FeedCursor?, _ error: any Error) async throws {
        guard let fact = page.events.first else { throw error }
        try await database.write(essential: true) { [feed] batch in
            guard try batch.find(FeedCursor.self, ByteText(feed)) == cursor else { return }
            try batch.insert(FactAside(fact, of: feed))
            let next = FeedCursor(behind: fact, of: feed, feedID: page.feedId)
            if cursor == nil { try batch.insert(next) } else { try batch.update(next) }
        }
        failing.failed(fact.seq, error)
    }

    /// Tries again what was set aside, each fact by itself and ever more seldom.
    func bookAside() async throws -> [Effect] {
        let aside = try await database.read { [feed] reader in
            try reader.select(
                FactAside.self, where: "feed = \(feed) ORDER BY seq LIMIT \(Self.most)")
        }
        var effects: [Effect] = []
        for row in aside {
            await failing.attempt(row.fact.seq) {
                let effect = try await database.write(essential: true) { [book] batch in
                    let effect = try book(row.fact, batch)
                    try batch.delete(FactAside.self, row.key)
                    return effect
                }
                world.log.warning("feed.fact_booked", ["feed": feed, "seq": row.fact.seq])
                if let effect { effects.append(effect) }
            }
        }
        return effects
    }
}

extension Reader {
    /// Facts that could not be booked.
    func factsAside() throws -> [Violation] {
        try select(FactAside.self, where: "seq > 0 ORDER BY feed, seq LIMIT 100").map {
            Violation(
                invariant: Violation.ofFeed, subject: "fact \($0.fact.seq) of feed \($0.feed)",
                expected: "booked",
                actual: "\($0.fact.kind) of \($0.fact.subject.text) is set aside; the log says why")
        }
    }
}
