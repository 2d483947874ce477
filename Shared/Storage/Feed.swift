public import FoundationEssentials
public import Lifecycle
import Synchronization

/// A fact of a service's past, told to whoever reads its feed.
public struct Fact: Sendable, Hashable {
    /// Gapless from 1, in the order of commits.
    public let seq: Int64
    public let at: Instant
    public let kind: String
    /// The entity that it is about.
    public let subject: UUID
    public let body: [UInt8]

    public init(seq: Int64, at: Instant, kind: String, subject: UUID, body: [UInt8]) {
        self.seq = seq
        self.at = at
        self.kind = kind
        self.subject = subject
        self.body = body
    }

    func numbered(_ seq: Int64) -> Fact {
        Fact(seq: seq, at: at, kind: kind, subject: subject, body: body)
    }
}

/// By what a reader knows the last fact that it dealt with again. A number alone says nothing: a
/// restored database gives the numbers behind its backup a second time.
public struct LastFact: Sendable, Hashable {
    public let subject: UUID
    public let at: Instant

    public init(subject: UUID, at: Instant) {
        self.subject = subject
        self.at = at
    }

    init(_ fact: Fact) { self.init(subject: fact.subject, at: fact.at) }
}

/// The committed facts of one database, to be read from any point and waited for.
public struct Feed: Sendable {
    /// Most facts in one page, and most bytes of bodies.
    public static let pageFacts: Int64 = 8_000
    /// Facts in one page when nobody says how many.
    public static let usualFacts: Int64 = 500
    public static let pageBytes = 256 << 10
    /// Pages that one reader may have in memory at once. A consumer needs one; who asks for
    /// thousands must not fill the memory with them, nor keep everybody's event loop busy.
    public static let pagesAtOnce = 8

    let database: Database
    let progress: Progress
    let scheduler: any Scheduler

    /// Made with the database and never changed: another id is another history.
    public var id: UUID { progress.feedID }

    /// Rises whenever a process takes the store over.
    public var epoch: Int64 { progress.epoch }

    /// The number of the newest fact; 0 when there is none.
    public var head: Int64 { progress.head }

    /// The same, looked up when a consumer has seen a fact beyond: another instance, which it read
    /// before, may have written it.
    public func head(seen seq: Int64) async throws -> Int64 {
        if seq > head { try await database.check() }
        return head
    }

    /// The facts after `seq`, oldest first: at most `limit`, and a page's worth. Old facts that
    /// were pruned are left out.
    public func facts(after seq: Int64, limit: Int64) async throws -> [Fact] {
        try await facts(from: seq < .max ? seq + 1 : seq, limit: limit)
    }

    /// The same for a reader that remembers the fact `seq`; nil when another one stands there, or
    /// facts behind it are gone: this is not the history that it read, or no longer whole.
    public func facts(
        after seq: Int64, limit: Int64, following last: LastFact
    ) async throws -> [Fact]? {
        let head = head
        let facts = try await facts(from: seq, limit: max(0, limit) + 1)
        guard let first = facts.first else { return head > seq ? nil : [] }
        // The fact itself may be pruned, as long as the next one is there.
        guard first.seq == seq else { return first.seq == seq + 1 ? facts : nil }
        return LastFact(first) == last ? Array(facts.dropFirst()) : nil
    }

    private func facts(from seq: Int64, limit: Int64) async throws -> [Fact] {
        let limit = min(max(0, limit), Self.pageFacts)
        return try await database.read { reader in
            var bytes = 0
            return try reader.select(
                FactRow.self, where: "seq >= \(seq) ORDER BY seq LIMIT \(limit)"
            ) { row in
                defer { bytes += row.fact.body.count + row.fact.kind.utf8.count + 64 }
                return bytes < Self.pageBytes
            }.map(\.fact)
        }
    }

    /// Takes one of the places that a reader of pages has; false when all are taken.
    public func beginPage(of reader: String) -> Bool {
        progress.beginPage(of: reader, most: Self.pagesAtOnce)
    }

    /// Gives back a place that was taken.
    public func endPage(of reader: String) { progress.endPage(of: reader) }

    /// Waits until there is a fact after `seq`, or for so many milliseconds; gives the head.
    public func wait(after seq: Int64, ms: Int64) async throws -> Int64 {
        let waiter = FeedWaiter()
        guard let place = progress.add(waiter, after: seq) else { return head }
        database.lookAtFeed()
        let timer = scheduler.schedule(afterMs: ms) { waiter.end(.success(())) }
        defer {
            timer.cancel()
            progress.remove(place)
        }
        try await waiter.wait()
        return head
    }
}

/// One sleeper, woken once: by a commit, a timer, or its own cancellation.
final class FeedWaiter: Sendable {
    private enum State {
        case new
        case waiting(CheckedContinuation<Void, any Error>)
        case ended(Result<Void, any Error>)
    }

    private let state = Mutex(State.new)

    func wait() async throws {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let ended: Result<Void, any Error>? = state.withLock { state in
                    if case .ended(let result) = state { return result }
                    state = .waiting(continuation)
                    return nil
                }
                if let ended { continuation.resume(with: ended) }
            }
        } onCancel: {
            end(.failure(CancellationError()))
        }
    }

    func end(_ result: Result<Void, any Error>) {
        let sleeper: CheckedContinuation<Void, any Error>? = state.withLock { state in
            switch state {
            case .ended: return nil
            case .new:
                state = .ended(result)
                return nil
            case .waiting(let continuation):
                state = .ended(result)
                return continuation
            }
        }
        sleeper?.resume(with: result)
    }
}
