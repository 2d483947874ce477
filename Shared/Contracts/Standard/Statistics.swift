public import Wire

/// Asks for the counters of a process.
public struct StatsRequest: Message {
    public init() {}

    public init(_ f: some FieldWalk, _ it: Written<Self>) {}
}

/// Counters since the process started, by name.
public struct StatsReply: Message {
    public let counters: [String: Int64]

    /// The last fact of a service's feed that was dealt with here.
    public static func cursor(of feed: String) -> String { "feed.\(feed).cursor" }

    /// 1 while the feed is not read on, because it diverged; else 0.
    public static func divergence(of feed: String) -> String { "feed.\(feed).diverged" }

    public init(counters: [String: Int64]) { self.counters = counters }

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        counters = f(
            "counters", it, .map(.integer(Int64.min...Int64.max), maxCount: 1000),
            "commits, statements, calls …"
        ) { $0.counters }
    }
}
