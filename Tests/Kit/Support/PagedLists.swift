/// The methods whose reply may have more rows than fit into a frame, and so ends by bytes; and
/// where the rows stand in it. Each is played with its largest rows by the tests of its service.
public enum PagedLists {
    public static let rows = [
        "inventory.CreateEvent": "ticketTypes",
        "inventory.PublishEvent": "ticketTypes",
        "inventory.GetEvent": "ticketTypes",
        "inventory.ListHolds": "holds",
        "inventory.ListAudit": "entries",
        "inventory.ReadEvents": "events",
        "orders.ListTickets": "tickets",
        "orders.ListOrders": "orders",
        "orders.GetSaga": "history",
        "orders.RetrySaga": "history",
        "orders.ReadEvents": "events",
        "payments.ListObligations": "refunds",
        "payments.ListUnsettled": "payments",
        "payments.ListWebhooks": "webhooks",
        "payments.LedgerBalance": "accounts",
        "payments.ReadEvents": "events",
    ]

    /// Rows of one page, as README says.
    public static let bytes = 256 << 10

    public static func of(_ service: String) -> [String: String] {
        rows.filter { $0.key.hasPrefix(service + ".") }
    }
}
