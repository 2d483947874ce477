public import Contracts
public import Lifecycle
public import RPC
public import Storage

extension Database {
    /// Answers an operator who has set the machine's clock right, and notes who it was.
    public func setClock(
        _ request: SetClockRequest, _ call: CallContext, _ log: Log
    ) async throws -> SetClockReply {
        let (before, after) = try await setClock()
        log.warning(
            "clock_ordered",
            [
                "by": call.caller,
                "reason": request.reason, "fromMs": before.milliseconds,
                "toMs": after.milliseconds,
            ])
        return SetClockReply(previous: before, current: after)
    }
}
