internal import Lifecycle

extension Error {
    /// Whether the same may succeed later. What the rows themselves forbid does not.
    public var mayPass: Bool {
        switch self {
        case let error as any FaultError:
            if case .internal = error.fault { false } else { true }
        case let error as RPCError: !error.isRefusal && error.reason != .internal
        default: false
        }
    }
}
