public import RPC
public import Wire

/// Asks a service whether it can do its work.
public struct HealthRequest: Message {
    public init() {}

    public init(_ f: some FieldWalk, _ it: Written<Self>) {}
}

/// It can: a service that cannot answers an error.
public struct HealthReply: Message {
    public let status: String

    public init() { status = "serving" }

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        status = f("status", it, .text(maxBytes: 64), "serving") { $0.status }
    }
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
