public import Wire

/// One remote procedure: its name on the wire, its messages, and who may call it.
public struct Method<Request: Body, Reply: Body>: Sendable {
    public enum Kind: String, Sendable {
        /// Reads; may be asked again.
        case query
        /// Changes something; the id in its request makes it one change however often it is asked.
        case mutation
        /// A long poll: parked at most 20 s, and counted apart from calls in flight.
        case wait
    }

    public let name: String
    public let kind: Kind
    /// Roles that may call. A role that is not named here is refused.
    public let callers: Set<Role>
    /// What a buyer as the actor may do with it.
    public let ownership: Ownership<Request>
    /// One sentence for `describe`.
    public let summary: String

    public init(
        _ name: String, _ kind: Kind, callers: Set<Role>, _ ownership: Ownership<Request>,
        _ summary: String
    ) {
        self.name = name
        self.kind = kind
        self.callers = callers
        self.ownership = ownership
        self.summary = summary
    }
}

/// What a caller is, as its credential says; an open word.
public struct Role: RawRepresentable, Hashable, Sendable, Codable {
    public let rawValue: String

    public init(rawValue: String) { self.rawValue = rawValue }

    public init(_ name: String) { self.init(rawValue: name) }

    public var name: String { rawValue }

    /// Web shops, apps, box offices.
    public static let gateway = Role("gateway")
    /// Runs the machines: `verify`, saga decisions, statistics.
    public static let `operator` = Role("operator")
    /// Staff that sets up events.
    public static let eventManager = Role("event_manager")
    public static let inventory = Role("inventory")
    public static let orders = Role("orders")
    public static let payments = Role("payments")
    static let services: [Role] = [.inventory, .orders, .payments]
}
