public import RPC
public import Wire

/// Asks a service whether it can do its work.
public struct HealthRequest: Message {
    public init() {}

    public static let fields: [Field] = []
}

/// It can: a service that cannot answers an error.
public struct HealthReply: Message {
    public let status: String

    public init() { status = "serving" }

    public static let fields = [Field("status", .text(maxBytes: 64), "serving")]
}

extension Method<HealthRequest, HealthReply> {
    /// Every service answers it, to whoever has proven a name.
    public static func health(of service: String) -> Self {
        Method(
            "\(service).Health", .query,
            callers: [.gateway, .operator, .eventManager, .inventory, .orders, .payments],
            .anybody, "Whether the service can do its work; it asks no peer.")
    }
}
