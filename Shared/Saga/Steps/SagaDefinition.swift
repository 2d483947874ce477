public import Storage

/// A kind of saga: who drives it is decided a kind at a time, since a process of an older release
/// must not inherit what it cannot drive.
public struct SagaKind: Sendable, Hashable {
    public let name: String

    public init(_ name: String) { self.name = name }
}

/// Everything that makes a kind of saga.
public protocol SagaDefinition: Sendable {
    associatedtype Row: SagaRow
    /// The steps by their names in rows and in the history.
    associatedtype Name: RawRepresentable<String>, CaseIterable, Sendable

    static var kind: SagaKind { get }

    func step(_ name: Name) -> Step<Row>

    /// What a commit writes beside the row: all from the difference between the row before and
    /// after, and what the decisions have noted. Before is nil for a row that is new.
    func record(_ before: Row?, _ after: Row, _ notes: [Row.Notes], _ batch: Batch) throws

    /// The change is committed.
    func committed(_ before: Row?, _ after: Row)
}

extension SagaDefinition {
    /// Nil for a step that this release does not have.
    public func step(named name: String) -> Step<Row>? { Name(rawValue: name).map(step) }

    public func record(_ before: Row?, _ after: Row, _ notes: [Row.Notes], _ batch: Batch) throws {}

    public func committed(_ before: Row?, _ after: Row) {}
}
