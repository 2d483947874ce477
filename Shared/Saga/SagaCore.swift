public import RPC

/// What comes after a call, decided from the list of steps alone: no clock, no storage, no calls.
public struct SagaCore: Sendable {
    public enum Verdict: Sendable, CaseIterable {
        case done, waiting, refused, unknown
        /// Rejected before the method ran: credential, role, form or method are wrong. Asking again
        /// cannot help.
        case denied
    }

    public enum Action: Hashable, Sendable {
        case call(SagaPosition)
        /// The same call under the same key, after a pause.
        case again(SagaPosition)
        /// Nothing is wrong and nothing can be done: the buyer or the provider is awaited.
        case wait
        case complete
        /// Everything that was done has been undone.
        case undone
        case park(String)
    }

    /// A reversible step that has not been answered for so long is undone.
    public static let reversibleDeadlineMs: Int64 = 60_000
    /// Whatever waits for a call to succeed rests no longer than this.
    public static let longestPauseMs = Backoff.longestMs
    /// After so long a pivot is no longer asked: providers forget their keys after a day, and
    /// then the same request would charge again.
    public static let pivotDeadlineMs: Int64 = 20 * 3_600_000

    private let steps: [(name: String, kind: StepKind, hasUndo: Bool)]

    public init(_ steps: [(name: String, kind: StepKind, hasUndo: Bool)]) { self.steps = steps }

    public var first: Action {
        steps.first.map { .call(SagaPosition($0.name)) } ?? .complete
    }

    /// The action after the call at `position` ended so, in a saga that began `ageMs` ago. A step
    /// that the list does not have is asked until it is answered, and leads nowhere by itself.
    public func next(_ position: SagaPosition, _ verdict: Verdict, ageMs: Int64) -> Action {
        guard verdict != .denied else { return .park("\(position.step) was denied") }
        guard let index = steps.firstIndex(where: { $0.name == position.step }) else {
            return verdict == .unknown ? .again(position.again) : .wait
        }
        switch position.direction {
        case .act: return afterAct(index, position, verdict, ageMs: ageMs)
        case .undo: return afterUndo(index, position, verdict)
        }
    }

    /// Undoes what was done up to and including the step of this name, last first.
    public func back(from name: String) -> Action {
        guard let index = steps.firstIndex(where: { $0.name == name }) else { return .undone }
        return undo(before: index + 1)
    }

    private func afterAct(
        _ index: Int, _ position: SagaPosition, _ verdict: Verdict, ageMs: Int64
    ) -> Action {
        let step = steps[index]
        switch (verdict, step.kind) {
        case (.done, _):
            let next = index + 1
            return next < steps.count ? .call(SagaPosition(steps[next].name)) : .complete
        case (.waiting, _): return .wait
        case (.refused, .certain): return .park("\(step.name) was refused")
        case (.refused, _): return undo(before: index)
        // The call may still arrive: its undo comes first and leaves a tombstone for it.
        case (_, .reversible) where ageMs >= SagaCore.reversibleDeadlineMs:
            return undo(before: index + 1)
        case (_, .pivot) where ageMs >= SagaCore.pivotDeadlineMs:
            return .park("\(step.name) is uncertain for too long")
        default: return .again(position.again)
        }
    }

    private func afterUndo(_ index: Int, _ position: SagaPosition, _ verdict: Verdict) -> Action {
        switch verdict {
        case .done: undo(before: index)
        case .waiting: .wait
        case .refused: .park("undoing \(position.step) was refused")
        default: .again(position.again)
        }
    }

    private func undo(before index: Int) -> Action {
        let step = steps.prefix(index).last { $0.hasUndo }
        return step.map { .call(SagaPosition($0.name, .undo)) } ?? .undone
    }

    /// Whether a refusal with this reason means that the services don't fit together, which only a
    /// human can mend.
    public static func isDenial(_ reason: Reason) -> Bool {
        [.permissionDenied, .unauthenticated, .unsupportedSchema, .unknownMethod].contains(reason)
    }
}
