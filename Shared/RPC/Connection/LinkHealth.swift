/// What the clock says of a connection, on either side: it is asked every second, and told what
/// happened in between. Pure: times are milliseconds of uptime.
struct LinkHealth {
    enum Verdict: Equatable {
        case fine
        case ping
        /// Ask the peer to come anew and finish what is in flight.
        case retire
        case close(String)
        /// It was closed long ago, and the peer does not take what waits for it.
        case abort
    }

    private let limits: RPCLimits
    private let openedMs: Int64
    private let ageMs: Int64
    private var isGreeted = false
    private var isRetired = false
    private var heardMs: Int64
    private var calledMs: Int64
    private var pingedMs: Int64?
    private var partialFrame: (number: Int, sinceMs: Int64)?
    private var stalledMs: Int64?
    private var closedMs: Int64?
    private var peerPings: (count: Int, sinceMs: Int64)
    private var cancels: (count: Int, sinceMs: Int64)
    private var ownCancels: (count: Int, sinceMs: Int64)

    /// `ageMs` is drawn by the caller, so that connections do not all retire at once.
    init(limits: RPCLimits, nowMs: Int64, ageMs: Int64) {
        self.limits = limits
        self.ageMs = ageMs
        openedMs = nowMs
        heardMs = nowMs
        calledMs = nowMs
        peerPings = (0, nowMs)
        cancels = (0, nowMs)
        ownCancels = (0, nowMs)
    }

    mutating func greeted() { isGreeted = true }

    /// Bytes came. `frames` counts the whole frames of this connection; `isPartial` when bytes of
    /// one more are there.
    mutating func heard(nowMs: Int64, frames: Int, isPartial: Bool) {
        heardMs = nowMs
        pingedMs = nil
        if !isPartial {
            partialFrame = nil
        } else if partialFrame?.number != frames {
            partialFrame = (frames, nowMs)
        }
    }

    mutating func called(nowMs: Int64) { calledMs = nowMs }

    mutating func unsent(_ isTooMuch: Bool, nowMs: Int64) {
        stalledMs = isTooMuch ? stalledMs ?? nowMs : nil
    }

    /// Nothing more is said, but what waits to be sent.
    mutating func closed(nowMs: Int64) { closedMs = closedMs ?? nowMs }

    var isClosed: Bool { closedMs != nil }

    /// False when the peer pings too often: once more than its strikes within their time.
    mutating func peerPinged(nowMs: Int64) -> Bool {
        if nowMs - peerPings.sinceMs >= limits.pingMs / 3 { peerPings = (0, nowMs) }
        peerPings.count += 1
        return peerPings.count <= 1 + limits.pingStrikes
    }

    /// False when the peer cancels too often.
    mutating func peerCancelled(nowMs: Int64) -> Bool {
        if nowMs - cancels.sinceMs >= 1_000 { cancels = (0, nowMs) }
        cancels.count += 1
        return cancels.count <= limits.cancelsPerSecond
    }

    /// False when the peer would find that this side cancels too often. Its seconds begin at other
    /// times than ours, so that one of them may hold what we send in two.
    mutating func mayCancel(nowMs: Int64) -> Bool {
        if nowMs - ownCancels.sinceMs >= 1_000 { ownCancels = (0, nowMs) }
        ownCancels.count += 1
        return ownCancels.count <= limits.cancelsPerSecond / 2
    }

    mutating func tick(nowMs: Int64, callsInFlight: Int) -> Verdict {
        if let closedMs { return nowMs - closedMs < limits.unsentMs ? .fine : .abort }
        if callsInFlight > 0 { calledMs = nowMs }
        if !isGreeted, nowMs - openedMs >= limits.handshakeMs {
            return .close("no hello within \(limits.handshakeMs) ms")
        }
        if let partialFrame, nowMs - partialFrame.sinceMs >= limits.frameMs {
            return .close("a frame was not completed within \(limits.frameMs) ms")
        }
        if let stalledMs, nowMs - stalledMs >= limits.unsentMs {
            return .close("replies were not read for \(limits.unsentMs) ms")
        }
        if let pingedMs, nowMs - pingedMs >= limits.pongMs {
            return .close("no pong within \(limits.pongMs) ms")
        }
        if isGreeted, !isRetired,
            nowMs - openedMs >= ageMs || nowMs - calledMs >= limits.idleMs
        {
            isRetired = true
            return .retire
        }
        if isGreeted, pingedMs == nil, nowMs - heardMs >= limits.pingMs {
            pingedMs = nowMs
            return .ping
        }
        return .fine
    }
}
