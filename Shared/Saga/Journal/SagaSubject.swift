public import FoundationEssentials
public import Lifecycle
public import Storage

/// What a saga is about: one row, with the saga's position among its columns.
public protocol SagaSubject: Sendable, Equatable {
    /// What a decision leaves to be written beside the row.
    associatedtype Notes: SagaNotes = NoNotes

    var id: UUID { get }
    var createdAt: Instant { get }
    /// The call under way or next; while parked, the one that it was parked at; nil at the end.
    var step: SagaPosition? { get set }
    var isParked: Bool { get }
    /// When the scan looks at it; nil when it needs nothing.
    var nextRunAt: Instant? { get set }
    /// The epoch of the process that moved the row to its step. 0 after that process gave the row
    /// up to any that can go on. Then, below zero, the epoch of the process that claimed it: this
    /// one cannot know how far the process before had come.
    var epoch: Int64 { get set }
    /// Steps that ended.
    var stepCount: Int64 { get set }
    /// What the last call without an answer ran into.
    var trouble: String? { get set }
    var version: Int64 { get set }
    /// False for a row in which a newer release has written what this one does not know.
    var isKnown: Bool { get }

    /// Leaves it to a human. What has ended stays so.
    mutating func park(_ reason: String)
}

extension SagaSubject {
    public var isKnown: Bool { true }

    /// Nil when there is nothing to call: ended, or waiting for a human.
    public var position: SagaPosition? { isParked ? nil : step }

    /// The epoch of the process that may drive it; 0 is nobody's.
    public var driver: Int64 { epoch < 0 ? 0 - max(epoch, -.max) : epoch }

    /// The process that moves the row to a new step owns it. Repeating a step changes no owner: who
    /// repeats it cannot know how far the process before had come.
    public mutating func take(_ epoch: Int64, since before: Self) {
        guard step?.step != before.step?.step || step?.direction != before.step?.direction else {
            return
        }
        self.epoch = epoch
    }
}

public protocol SagaNotes: Sendable {
    init()
}

public struct NoNotes: SagaNotes {
    public init() {}
}

/// A subject as the row of a table whose columns have the names that every saga's have: `step`,
/// `next_run_at`, `epoch`.
public protocol SagaRow: SagaSubject, StoredRow where Key == UUID {}
