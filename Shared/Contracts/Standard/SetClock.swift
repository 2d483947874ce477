public import Lifecycle
internal import RPC
public import Wire

/// Has a service go by its machine's clock at once, which it ignores for minutes after a jump.
public struct SetClockRequest: Message {
    /// Why, for those who read the log.
    public let reason: String

    public init(reason: String) { self.reason = reason }

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        reason = f("reason", it, .text(maxBytes: 256), "for the log") { $0.reason }
    }

    /// `X.SetClock`, the same for every service.
    static func method(of service: String) -> Method<SetClockRequest, SetClockReply> {
        Method(
            "\(service).SetClock", .mutation, callers: [.operator], .staff,
            "Goes by the machine's clock at once, after it was set right; what is decided stays.")
    }
}

public struct SetClockReply: Message {
    public let previous: Instant
    public let current: Instant

    public init(previous: Instant, current: Instant) {
        self.previous = previous
        self.current = current
    }

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        previous = f("previous", it, "the service's time until now") { $0.previous }
        current = f("current", it, "and from now on") { $0.current }
    }
}
