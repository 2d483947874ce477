internal import Wire

/// The bounds of a server and its connections. Over a bound the answer is an error with a reason
/// or a closed connection, never memory.
public struct RPCLimits: Sendable {
    /// Frame bytes before and after the hello.
    public var handshakeFrameBytes = FrameLimits.beforeHello
    public var frameBytes = FrameLimits.afterHello
    /// Time for the hello, for the rest of a frame that has begun, and without any call.
    public var handshakeMs: Int64 = 5_000
    public var frameMs: Int64 = 10_000
    public var idleMs: Int64 = 300_000
    /// Calls at once: on a connection, of an identity on all its connections, and in all.
    public var callsPerConnection = 128
    public var callsPerIdentity = 512
    public var calls = 4_096
    /// Long polls parked at once, which do not count as calls: on a connection, of an identity, and
    /// in all. The last places are for services, which read feeds.
    public var waitsPerConnection = 1_024
    public var waitsPerIdentity = 12_288
    public var waits = 16_384
    public var waitsOfServices = 1_024
    /// Connections that have proven who they are: of one identity, and in all.
    public var connectionsPerIdentity = 256
    public var connections = 4_096
    /// Connections that have not, which have places of their own. Whoever comes when all are taken
    /// gets that of one who has been silent: nobody is kept from proving who they are.
    public var strangers = 512
    /// How long whoever gave a wrong proof waits to be told so.
    public var wrongProofMs: Int64 = 1_000
    /// Frames that have begun and are not whole, on all connections together: beyond this, whoever
    /// adds to one of more than `smallFrameBytes` is sent away. What one buffer of reading holds is
    /// never too much.
    public var partialBytes = 64 * 1024 * 1024
    public var smallFrameBytes = 128 * 1024
    /// Reading stops while more than this waits to be sent, and the connection closes when it
    /// stays so; after as long again, what still waits is dropped.
    public var unsentBytes = 1024 * 1024
    public var unsentMs: Int64 = 10_000
    /// With so much waiting, calls that are running still end as UNAVAILABLE.
    public var unreadBytes = 4 * 1024 * 1024
    /// With so much waiting on all connections together, they do on any that has more than the
    /// second: two hundred callers who read nothing must not take what one may.
    public var unreadBytesInAll = 64 * 1024 * 1024
    public var smallUnreadBytes = 256 * 1024
    /// Silence before a ping, and how long its pong may take.
    public var pingMs: Int64 = 30_000
    public var pongMs: Int64 = 10_000
    /// Pings that a peer may send more often than every `pingMs / 3` before it is sent away.
    public var pingStrikes = 2
    /// More than all calls of a connection ten times over.
    public var cancelsPerSecond = 2_000
    /// Lines of the log about connections that were ended.
    public var endingsLoggedPerSecond = 20
    /// A connection is asked to come anew at this age, give or take a tenth.
    public var ageMs: Int64 = 1_800_000
    /// How long the peer may take to close a connection that it was asked to leave, once its calls
    /// have ended: a call that was on its way by then is answered, not torn off.
    public var leaveMs: Int64 = 1_000
    /// The same for a connection without a call, when the server stops: nobody waits there for an
    /// answer, and everybody waits for the server.
    public var quietLeaveMs: Int64 = 100
    /// How long calls in flight may take to end when the server stops.
    public var drainMs: Int64 = 10_000
    /// The longest a caller may wait, and the longest a long poll is parked.
    public var deadlineMs: Int64 = 30_000
    public var waitMs: Int64 = 20_000
    /// How long before nobody waits for it any more a long poll is answered.
    static let waitMarginMs: Int64 = 1_000

    public init() {}

    /// The same, where a process may have so many files open: who has proven a name and who has not
    /// keep places of their own, and the databases and the rest have theirs.
    public func fitting(openFiles: Int) -> RPCLimits {
        var limits = self
        let free = max(4, openFiles - Self.ownFiles)
        limits.connections = min(connections, free / 2)
        limits.strangers = min(strangers, free / 4)
        return limits
    }

    private static let ownFiles = 24
}
