/// A list of steps, each next to its undo, read from the top:
///
///     [
///         .reversible("reserve") { … } undo: { … },
///         .pivot("pay") { … },
///         .certain("consume") { … },
///     ]
public struct Saga<Subject: Sendable, Reply: Sendable>: Sendable, ExpressibleByArrayLiteral {
    public let steps: [Step<Subject, Reply>]

    public init(arrayLiteral steps: Step<Subject, Reply>...) { self.steps = steps }

    public var core: SagaCore {
        SagaCore(steps.map { ($0.name, $0.kind, $0.undo != nil) })
    }

    func step(_ name: String) -> Step<Subject, Reply>? { steps.first { $0.name == name } }
}

/// What a step is to the saga.
public enum StepKind: Sendable, CaseIterable {
    /// Asked until its deadline, then undone.
    case reversible
    /// The point of no return. While its outcome is unknown it is asked again, never undone.
    case pivot
    /// After the pivot there is only forward: asked for ever.
    case certain
}

public struct Step<Subject: Sendable, Reply: Sendable>: Sendable {
    /// Calls a peer. It returns what the peer answered, or throws the `RPCError`.
    public typealias Act = @Sendable (Subject, SagaCall) async throws -> StepAnswer<Reply>

    public let name: String
    public let kind: StepKind
    /// When the call takes longer, the saga may note how far it is; the call goes on.
    public let patienceMs: Int64?
    let act: Act
    let undo: Act?

    public static func reversible(
        _ name: String, _ act: @escaping Act, undo: @escaping Act
    ) -> Step {
        Step(name: name, kind: .reversible, patienceMs: nil, act: act, undo: undo)
    }

    /// `undo` is for a pivot that was answered with "not yet", and for a human's decision.
    public static func pivot(
        _ name: String, patienceMs: Int64? = nil, _ act: @escaping Act, undo: Act? = nil
    ) -> Step {
        Step(name: name, kind: .pivot, patienceMs: patienceMs, act: act, undo: undo)
    }

    public static func certain(
        _ name: String, patienceMs: Int64? = nil, _ act: @escaping Act
    ) -> Step {
        Step(name: name, kind: .certain, patienceMs: patienceMs, act: act, undo: nil)
    }
}

/// What a call carries beside the subject.
public struct SagaCall: Sendable {
    /// Fences off whoever drove this saga before: participants refuse a lower one.
    public let epoch: Int64
    public let timeoutMs: Int64
}

public enum StepAnswer<Reply: Sendable>: Sendable {
    case done(Reply)
    /// It has begun, and ends when the buyer or the provider acts.
    case waiting(Reply)
}
