public import Wire

/// Asks for the counters of a process.
public struct StatsRequest: Message {
    public init() {}

    public static let fields: [Field] = []
}

/// Counters since the process started, by name.
public struct StatsReply: Message {
    public let counters: [String: Int64]

    /// The last fact of Orders' feed that Payments has booked.
    public static let ordersCursor = "feed.orders.cursor"

    public init(counters: [String: Int64]) { self.counters = counters }

    public static let fields = [
        Field(
            "counters", .map(.integer(Int64.min...Int64.max), maxCount: 1000),
            "commits, statements, calls …")
    ]
}
