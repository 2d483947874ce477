public import RPC

/// A step of a saga: its call, next to the one that takes it back.
///
///     func step(_ name: CheckoutStep) -> Step<Checkout> {
///         switch name {
///         case .reserve: .reversible(Reserve(), undo: Release())
///         case .pay: .pivot(Pay(), undo: VoidPayment())
///         case .consume: .certain(Consume())
///         }
///     }
public struct Step<Subject: SagaSubject>: Sendable {
    public let kind: StepKind
    public let act: any StepCall<Subject>
    public let undo: (any StepCall<Subject>)?

    public static func reversible(
        _ act: some StepCall<Subject>, undo: some StepCall<Subject>
    ) -> Step {
        Step(kind: .reversible, act: act, undo: undo)
    }

    /// `undo` is for a pivot that was answered with "not yet" or with a no that may still become a
    /// yes, and for a human's decision.
    public static func pivot(
        _ act: some StepCall<Subject>, undo: (any StepCall<Subject>)? = nil
    ) -> Step {
        Step(kind: .pivot, act: act, undo: undo)
    }

    public static func certain(_ act: some StepCall<Subject>) -> Step {
        Step(kind: .certain, act: act, undo: nil)
    }

    public func call(_ direction: SagaDirection) -> (any StepCall<Subject>)? {
        direction == .act ? act : undo
    }
}

/// What a step is to the saga.
public enum StepKind: Sendable, CaseIterable {
    /// Asked until its deadline, then undone.
    case reversible
    /// The point of no return. While its outcome is unknown it is asked again, never undone.
    case pivot
    /// After the pivot there is only forward: asked for ever.
    case certain

    /// A reversible step that has not been answered for so long is undone.
    public static let reversibleDeadlineMs: Int64 = 60_000
    /// After so long a pivot is no longer asked: providers forget their keys after a day, and
    /// then the same request would charge again.
    public static let pivotDeadlineMs: Int64 = 20 * 3_600_000

    /// Whether a call that has no answer `ageMs` after its saga began is given up.
    func isOver(_ direction: SagaDirection, ageMs: Int64) -> Bool {
        switch (self, direction) {
        case (.reversible, .act): ageMs >= Self.reversibleDeadlineMs
        case (.pivot, .act): ageMs >= Self.pivotDeadlineMs
        default: false
        }
    }
}

/// One call of a step: what it asks, and what each answer does to the row. The answers are decided
/// without clock, storage or calls, in the commit that keeps them.
public protocol StepCall<Subject>: Sendable {
    associatedtype Subject: SagaSubject
    associatedtype Reply: StepReply

    /// The service that it asks; nil for what is done here, in the commit of its answer.
    var peer: String? { get }
    /// When the call takes longer, `slow` notes how far the saga is; the call goes on.
    var patienceMs: Int64? { get }

    /// Calls the peer. It returns what the peer answered, or throws the `RPCError`.
    func ask(_ subject: Subject, _ terms: CallTerms) async throws -> StepAnswer<Reply>

    /// Asks, and says what the answer does. No step has its own; it stands here so that it is
    /// compiled for each with its reply.
    func answer(
        at position: SagaPosition, _ subject: Subject, _ terms: CallTerms
    ) async throws -> CallReport<Subject>

    func done(_ reply: Reply, _ decision: inout StepDecision<Subject>)
    /// It has begun, and ends when the buyer or the provider acts.
    func waiting(
        _ reply: Reply, at position: SagaPosition, _ decision: inout StepDecision<Subject>)
    /// A decision of the peer's: it will be the same tomorrow.
    func refused(_ error: RPCError, _ decision: inout StepDecision<Subject>)
    func slow(_ decision: inout StepDecision<Subject>)
    /// It may have happened, and is asked again; `position` is that of the next try.
    func unanswered(_ position: SagaPosition, _ decision: inout StepDecision<Subject>)
    /// It has had no answer until its deadline.
    func givenUp(
        _ error: RPCError, at position: SagaPosition, retryInMs: Int64,
        _ decision: inout StepDecision<Subject>)
}

extension StepCall {
    public var patienceMs: Int64? { nil }

    public func answer(
        at position: SagaPosition, _ subject: Subject, _ terms: CallTerms
    ) async throws -> CallReport<Subject> {
        .answered(position, self, try await ask(subject, terms))
    }

    public func waiting(
        _ reply: Reply, at position: SagaPosition, _ decision: inout StepDecision<Subject>
    ) {
        decision.park("\(position.step) answered \(reply.word)")
    }

    public func refused(_ error: RPCError, _ decision: inout StepDecision<Subject>) {
        decision.park(refusing: error)
    }

    public func slow(_ decision: inout StepDecision<Subject>) {}

    public func unanswered(_ position: SagaPosition, _ decision: inout StepDecision<Subject>) {}

    /// Nobody knows whether it happened, which a human must find out.
    public func givenUp(
        _ error: RPCError, at position: SagaPosition, retryInMs: Int64,
        _ decision: inout StepDecision<Subject>
    ) {
        decision.park("\(position.step) is uncertain for too long")
    }
}

/// What a peer answers, in one word for the history.
public protocol StepReply: Sendable {
    var word: String { get }
}

public enum StepAnswer<Reply: Sendable>: Sendable {
    case done(Reply)
    case waiting(Reply)
}

/// What a call carries beside the subject.
public struct CallTerms: Sendable {
    /// This process's epoch. Peers refuse a lower one, so that no process before it can act again.
    public let epoch: Int64
    public let timeoutMs: Int64

    public var options: CallOptions { CallOptions(timeoutMs: timeoutMs) }
}
