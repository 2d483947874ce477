public import RPC
import Wire

extension Reason {
    /// The one table of reasons. Clients read it in `turnstile.cddl`, in `reasons.md` and by
    /// `describe --reasons`.
    public static let all = ofProtocol + ofEveryService + ofInventory + ofOrders + ofPayments

    /// The table in its parts, each under what it is for.
    public static let groups = [
        ("Of the protocol", ofProtocol), ("Of every service", ofEveryService),
        ("Of Inventory", ofInventory), ("Of Orders", ofOrders), ("Of Payments", ofPayments),
    ]

    static let ofEveryService = [feedDiverged]

    public static let feedDiverged = Reason(
        "FEED_DIVERGED", .failedPrecondition,
        "The cursor belongs to another history than this feed's; reading on would skip facts.",
        detail: [
            Field("feedId", .id, "the feed that there is"),
            Field("head", .integer(0...Int64.max), "the number of its newest fact"),
        ])
}
