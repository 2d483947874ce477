public import FoundationEssentials

/// What a saga is about: one row, with the saga's position among its columns.
public protocol SagaSubject: Sendable {
    var id: UUID { get }
    /// Nil when there is nothing to call: ended, or waiting for a human.
    var position: SagaPosition? { get }
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

    /// Rows with a position, in order of their ids: all of them when the process takes over, later
    /// those whose time has come.
    func unfinished(after id: UUID?, limit: Int) async throws -> [Subject]
    func due(limit: Int) async throws -> [Subject]

    /// Raises the epoch of this process above the one given, and returns it.
    func raiseEpoch(above epoch: Int64) async throws -> Int64
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
