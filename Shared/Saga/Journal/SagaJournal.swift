public import FoundationEssentials
public import Lifecycle

/// What a saga is about: one row, with the saga's position among its columns.
public protocol SagaSubject: Sendable {
    var id: UUID { get }
    /// Nil when there is nothing to call: ended, or waiting for a human.
    var position: SagaPosition? { get }
    /// Of whoever brought it to its step. 0 once a process that could not go on has given it up to
    /// anybody who can; then below zero, with whoever has claimed it as its number: that process
    /// cannot know how far the one before had come.
    var epoch: Int64 { get }
    /// False for a row in which a newer release has written what this one does not know.
    var isKnown: Bool { get }
}

extension SagaSubject {
    public var isKnown: Bool { true }

    /// The epoch of the process that may drive it; 0 is nobody's.
    public var driver: Int64 { epoch < 0 ? 0 - max(epoch, -.max) : epoch }
}

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
public struct SagaRow<Subject: Sendable>: Sendable {
    public let id: UUID
    public let subject: Result<Subject, any Error>

    public init(_ id: UUID, _ subject: Result<Subject, any Error>) {
        self.id = id
        self.subject = subject
    }
}

/// What the runner of sagas needs of its storage; the service that owns the rows implements it.
public protocol SagaJournal<Subject, Reply>: Sendable {
    associatedtype Subject: SagaSubject
    associatedtype Reply: Sendable

    /// What `commit` would make of the subject, without committing it; nil when the event must be
    /// on disk before the next call.
    func deferred(_ subject: Subject, _ event: SagaEvent<Reply>) -> Subject?

    /// Decides the events in order over the row as it is now, and commits their results together
    /// with the next position. Stale events change nothing. Nil when there is no such row.
    func commit(_ id: UUID, _ events: [SagaEvent<Reply>]) async throws -> SagaStand<Subject>?

    func find(_ id: UUID) async throws -> Subject?

    /// Those of the rows that there are, each by itself: one that can't be read hides no other.
    func find(_ ids: [UUID]) async throws -> [SagaRow<Subject>]

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

/// A subject after a commit.
public struct SagaStand<Subject: Sendable>: Sendable {
    public let subject: Subject
    /// How long to leave it alone before its call; nil when it may go on at once.
    public let pauseMs: Int64?

    public init(_ subject: Subject, pauseMs: Int64? = nil) {
        self.subject = subject
        self.pauseMs = pauseMs
    }
}
