internal import Wire

/// A bound of the protocol that a client should know.
public struct Limit: Sendable {
    public let name: String
    public let value: Int64
    /// What it bounds, and what happens beyond it.
    public let note: String
}

extension RPCLimits {
    /// The bounds as clients are told of them: by `describe --limits`, and on the README's page of
    /// the protocol, which a test keeps. Names that end in `Ms` are milliseconds.
    public var published: [Limit] {
        ofFrames + ofConnections + ofCalls
    }

    private var ofFrames: [Limit] {
        [
            Limit("frameBytes", Int64(frameBytes), "in a frame; the server's proof says it too"),
            Limit("handshakeFrameBytes", Int64(handshakeFrameBytes), "in a frame of the hello"),
            Limit("frameMs", frameMs, "for the rest of a frame that has begun, else goaway"),
            Limit("nesting", Int64(CBORLimits.depth), "arrays and maps inside each other"),
            Limit("items", Int64(CBORLimits.items), "elements of an array, or entries of a map"),
            Limit("stringBytes", Int64(CBORLimits.stringBytes), "in one text or byte string"),
            Limit("unsentBytes", Int64(unsentBytes), "of answers that you do not read"),
            Limit("unsentMs", unsentMs, "for reading them, else goaway"),
        ]
    }

    private var ofConnections: [Limit] {
        [
            Limit("handshakeMs", handshakeMs, "for the hello, else goaway"),
            Limit("pingMs", pingMs, "of silence before the server sends a ping"),
            Limit("pongMs", pongMs, "for the pong, else goaway; anything you send counts"),
            Limit("pings", Int64(1 + pingStrikes), "of yours in a third of `pingMs`"),
            Limit("idleMs", idleMs, "without a call, then goaway"),
            Limit("ageMs", ageMs, "of a connection, give or take a tenth, then goaway"),
            Limit("leaveMs", leaveMs, "for you to close after a goaway and your last answer"),
            Limit("quietLeaveMs", quietLeaveMs, "the same when the server stops and no call ran"),
            Limit("drainMs", drainMs, "for calls in flight when the server stops"),
            Limit("connectionsPerIdentity", Int64(connectionsPerIdentity), "of one identity"),
            Limit("connections", Int64(connections), "of a server"),
        ]
    }

    private var ofCalls: [Limit] {
        [
            Limit("callsPerConnection", Int64(callsPerConnection), "at once on a connection"),
            Limit("waitsPerConnection", Int64(waitsPerConnection), "waiting methods beside them"),
            Limit("waitsPerIdentity", Int64(waitsPerIdentity), "the same, of one identity"),
            Limit("waits", Int64(waits), "the same, of all callers"),
            Limit("waitsOfServices", Int64(waitsOfServices), "of these, for services alone"),
            Limit("callsPerIdentity", Int64(callsPerIdentity), "at once, on all its connections"),
            Limit("calls", Int64(calls), "at once, of all callers of a server"),
            Limit("deadlineMs", deadlineMs, "for a call at most; a longer deadline is cut to it"),
            Limit("waitMs", waitMs, "that a waiting method waits at most"),
            Limit("waitMarginMs", Self.waitMarginMs, "before the deadline it answers"),
            Limit("cancelsPerSecond", Int64(cancelsPerSecond), "on a connection, else goaway"),
        ]
    }
}

extension Limit {
    fileprivate init(_ name: String, _ value: Int64, _ note: String) {
        self.init(name: name, value: value, note: note)
    }
}
