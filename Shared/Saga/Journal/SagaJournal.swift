public import FoundationEssentials
public import Lifecycle

/// A row by its place among those whose time has come.
public struct SagaDue: Sendable, Hashable {
    public let id: UUID
    public let at: Instant

    public init(_ id: UUID, at: Instant) {
        self.id = id
        self.at = at
    }
}

/// A row that was asked for, or why it can't be read.
public struct FoundSaga<Subject: Sendable>: Sendable {
    public let id: UUID
    public let subject: Result<Subject, any Error>

    public init(_ id: UUID, _ subject: Result<Subject, any Error>) {
        self.id = id
        self.subject = subject
    }
}

/// The storage of sagas, as `SagaRunner` needs it.
public protocol SagaJournal<Subject>: Sendable {
    associatedtype Subject: SagaSubject

    /// What `commit` would make of the subject, without committing it; nil when the report must be
    /// on disk before the next call.
    func deferred(_ subject: Subject, _ report: CallReport<Subject>) -> Subject?

    /// Decides the reports in order over the row as it is now, and commits their results together
    /// with the next position. Stale reports change nothing. Nil when there is no such row.
    func commit(_ id: UUID, _ reports: [CallReport<Subject>]) async throws -> SagaCommit<Subject>?

    func find(_ id: UUID) async throws -> Subject?

    /// Those of the rows that there are, each by itself: one that can't be read hides no other.
    func find(_ ids: [UUID]) async throws -> [FoundSaga<Subject>]

    /// The rows with a position that are this process's or nobody's: all of them when it takes
    /// over, in order of their ids; later those whose time has come, the longest due first.
    func unfinished(after id: UUID?, limit: Int) async throws -> [UUID]
    func due(after last: SagaDue?, limit: Int) async throws -> [SagaDue]

    /// Gives up a row of this process, unread, so that any process may claim it.
    func leave(_ id: UUID) async throws
    /// Takes a row that is nobody's; nil when somebody else has, or has moved it on.
    func claim(_ id: UUID) async throws -> Subject?

    /// Renews the lease that this process holds by its epoch, or draws the first; its epoch is
    /// above the one that a peer has seen.
    func lease(_ held: Int64?, above seen: Int64) async throws -> SagaLease

    /// Whether other processes drive sagas of the same database.
    var isShared: Bool { get }
}

/// A saga's row as a commit has left it, and the pause before its next call.
public struct SagaCommit<Subject: Sendable>: Sendable {
    let copy: SagaCopy<Subject>
    /// How long to leave it alone before its call; nil when it may go on at once.
    public let pauseMs: Int64?

    public init(_ subject: Subject, pauseMs: Int64? = nil) {
        copy = SagaCopy(subject)
        self.pauseMs = pauseMs
    }
}

/// A saga's row as it was read or committed. A row is large: a task that waits for a call has a
/// reference to it in each of its frames, and no copy.
final class SagaCopy<Subject: Sendable>: Sendable {
    let subject: Subject

    init(_ subject: Subject) { self.subject = subject }
}
