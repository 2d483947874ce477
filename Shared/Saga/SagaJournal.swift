public import FoundationEssentials

/// What a saga is about: one row, with the saga's position among its columns.
public protocol SagaSubject: Sendable {
    var id: UUID { get }
    /// Nil when there is nothing to call: ended, or waiting for a human.
    var position: SagaPosition? { get }
    /// Of whoever brought it to its step.
    var epoch: Int64 { get }
}

/// The door to the database of whoever runs sagas.
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

    /// This process's rows with a position, in order of their ids: all of them when it takes over,
    /// later those whose time has come.
    func unfinished(after id: UUID?, limit: Int) async throws -> [Subject]
    func due(limit: Int) async throws -> [Subject]

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
