/// Where a saga stands: the call that is under way, or that comes next. It, or one before it whose
/// replay leads here again, is committed before the call is sent.
public struct SagaPosition: Hashable, Sendable, CustomStringConvertible {
    /// A newer release may have brought a row to a step that this one does not have.
    public let step: String
    public let direction: SagaDirection
    /// How often the call has been asked before without an answer.
    public let attempt: Int64

    public init(_ step: String, _ direction: SagaDirection = .act, attempt: Int64 = 0) {
        self.step = step
        self.direction = direction
        self.attempt = attempt
    }

    public init(_ step: some RawRepresentable<String>, _ direction: SagaDirection = .act) {
        self.init(step.rawValue, direction)
    }

    public var description: String { "\(step).\(direction.rawValue)" }

    /// The same call, asked once more under the same key.
    public var again: SagaPosition {
        SagaPosition(step, direction, attempt: attempt < .max ? attempt + 1 : attempt)
    }
}

public enum SagaDirection: String, Sendable {
    case act = "DO"
    case undo = "UNDO"
}
