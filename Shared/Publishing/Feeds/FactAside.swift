internal import Contracts
internal import FoundationEssentials
import Lifecycle
import RPC
import Storage
internal import Text
internal import Wire

/// A fact of another service's feed that could not be booked, because of a row here or of what it
/// says: the feed is read on behind it, and it is tried again until it is booked.
struct FactAside: StoredRow {
    static let table = TableLayout("feed_aside", of: Self.self)

    struct Place: CompoundKey {
        let feed: ByteText
        let seq: Int64

        static func walk<Row>(
            _ c: some ColumnWalk, _ it: Written<Row>, _ get: (Row) -> Self
        ) -> Self {
            Self(
                feed: c("feed", it) { get($0).feed },
                seq: c("seq", it) { get($0).seq })
        }
    }

    let feed: String
    let fact: FeedEvent

    var key: Place { Place(feed: ByteText(feed), seq: fact.seq) }

    init(_ fact: FeedEvent, of feed: String) {
        self.feed = feed
        self.fact = fact
    }

    @inline(__always)
    init(_ c: some ColumnWalk, _ it: Written<Self>) {
        let place = Place.walk(c, it) { $0.key }
        feed = place.feed.string
        fact = FeedEvent(
            seq: place.seq, kind: c("kind", it) { $0.fact.kind },
            subject: c("subject", it) { $0.fact.subject }, at: c("at", it) { $0.fact.at },
            body: c("body", it, as: DataColumn.self) { $0.fact.body })
    }
}

private enum DataColumn: ColumnForm {
    static func cell(of value: Data) -> [UInt8] { Array(value) }
    static func value(in cell: [UInt8]) -> Data { Data(cell) }
    static var nothing: Data { Data() }
}

extension FeedCursor {
    /// For a migration: which fact a cursor remembers, and facts that could not be booked.
    public static let settingAside = """
        ALTER TABLE feed_cursor ADD COLUMN last_seq BIGINT;
        UPDATE feed_cursor SET last_seq = seq WHERE last_subject IS NOT NULL;
        CREATE TABLE feed_aside (
            feed TEXT NOT NULL, seq BIGINT NOT NULL, kind TEXT NOT NULL, subject BYTEA NOT NULL,
            at BIGINT NOT NULL, body BYTEA NOT NULL, PRIMARY KEY (feed, seq));
        """
}

extension FeedConsumer {
    private static var asidePage: Int { 200 }

    /// Reads on behind the one fact of a page that cannot be booked.
    func setAside(_ page: FeedReply, after cursor: FeedCursor?, _ error: any Error) async throws {
        guard let fact = page.events.first else { throw error }
        let isOurs = try await database.write(essential: true) { [feed] batch in
            guard try batch.find(FeedCursor.self, ByteText(feed)) == cursor else { return false }
            try batch.insert(FactAside(fact, of: feed))
            let next = FeedCursor(behind: fact, of: feed, feedID: page.feedId)
            if cursor == nil { try batch.insert(next) } else { try batch.update(next) }
            return true
        }
        if isOurs { failing.failed(fact.seq, error) }
    }

    /// Tries again what was set aside, each fact by itself and ever more seldom.
    func bookAside() async throws {
        var last: Int64 = 0
        while true {
            let page = try await database.read { [feed, last] reader in
                try reader.query(
                    """
                    SELECT seq FROM feed_aside WHERE feed = \(feed) AND seq > \(last)
                    ORDER BY seq LIMIT \(Self.asidePage)
                    """
                ) { try $0.next(Int64.self) }
            }
            for seq in page { await failing.attempt(seq) { try await bookAside(seq) } }
            guard page.count == Self.asidePage, let end = page.last else { return }
            last = end
        }
    }

    private func bookAside(_ seq: Int64) async throws {
        let place = FactAside.Place(feed: ByteText(feed), seq: seq)
        do {
            let effect = try await database.write(essential: true) { [book] batch -> Effect? in
                guard let row = try batch.find(FactAside.self, place) else { return nil }
                let effect = try book(row.fact, batch)
                try batch.delete(FactAside.self, place)
                return effect
            }
            world.log.warning("feed.fact_booked", ["feed": feed, "seq": seq])
            if let effect { whenBooked([effect]) }
        } catch {
            guard error.mayPass else { throw error }
            world.log.warning("feed.fact_delayed", ["seq": seq, "error": "\(error)"])
        }
    }
}

extension Batch {
    /// Lets go of facts aside where an operator has a feed read on from another place: those that
    /// are read again, and those before it, which nobody will book. From the oldest fact on, those
    /// that are older still stay.
    ///
    /// - Returns: the ones that nobody will book.
    func dropFactsAside(of feed: String, for next: FeedCursor, from seq: Int64, isSame: Bool)
        throws -> [Int64]
    {
        if isSame, seq == 0 {
            try execute("DELETE FROM feed_aside WHERE feed = \(feed) AND seq > \(next.seq)")
            return []
        }
        let dropped = try query(
            """
            SELECT seq FROM feed_aside WHERE feed = \(feed)
                AND (seq <= \(next.seq) OR \(isSame ? 0 : 1) = 1) ORDER BY seq
            """
        ) { try $0.next(Int64.self) }
        try execute("DELETE FROM feed_aside WHERE feed = \(feed)")
        return dropped
    }
}

extension Reader {
    /// Facts that could not be booked.
    func factsAside() throws -> [Violation] {
        try query("SELECT feed, seq FROM feed_aside ORDER BY feed, seq LIMIT 1000") {
            let (feed, seq) = (try $0.next(String.self), try $0.next(Int64.self))
            return Violation(
                invariant: Violation.ofFeed, subject: "fact \(seq) of feed \(feed)",
                expected: "booked", actual: "set aside; the log says why")
        }
    }
}
