public import RPC

/// How a call ended, and which call it was: an event for a position that the saga has left is
/// stale and changes nothing.
public struct SagaEvent<Reply: Sendable>: Sendable {
    public let position: SagaPosition
    public let outcome: Outcome

    public init(_ position: SagaPosition, _ outcome: Outcome) {
        self.position = position
        self.outcome = outcome
    }

    public enum Outcome: Sendable {
        case done(Reply)
        /// Answered, but what it asks for has not happened yet: ask again later.
        case waiting(Reply)
        /// A decision: it will be the same tomorrow.
        case refused(RPCError)
        /// It may have happened; it is asked again so many milliseconds from now.
        case unknown(RPCError, retryInMs: Int64)
        /// The call has used up the step's patience and goes on.
        case slow
    }
}

extension SagaEvent.Outcome {
    /// What `SagaCore` needs to know of it; nil for a call that goes on.
    public var verdict: SagaCore.Verdict? {
        switch self {
        case .done: .done
        case .waiting: .waiting
        case .refused(let error): SagaCore.isDenial(error.reason) ? .denied : .refused
        case .unknown: .unknown
        case .slow: nil
        }
    }

    /// The peer was not there, went away, or did not answer in time: it may be back any moment.
    var isCut: Bool {
        guard case .unknown(let error, _) = self else { return false }
        return [.unavailable, .draining, .deadlineExceeded].contains(error.reason)
    }
}
