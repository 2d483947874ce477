public import RPC
import Wire

/// Why Inventory refuses.
extension Reason {
    static let ofInventory = [
        insufficientInventory, eventNotOnSale, ticketTypeDisabled, quantityOutOfRange,
        ownerLimitExceeded, entitlementRequired, openHoldExists, holdExists, holdNotFound,
        holdExpired, holdReleased, holdConsumed, holdCommitting, holdState, holdExtendedOnce,
        holdExtendLimit,
        fenced, capacityBelowCommitted, allocationsExceedCapacity, notPublishable,
        stockUnverified,
    ]

    public static let insufficientInventory = Reason(
        "INSUFFICIENT_INVENTORY", .resourceExhausted,
        "Fewer tickets are left than were asked for; ask for fewer, under a new id.",
        detail: [
            Field("scope", .word(["EVENT", "TICKET_TYPE"]), "of what there are too few"),
            Field("id", .id, "which one"),
            Field("requested", .integer(0...Int64.max), "tickets wanted"),
            Field("available", .integer(0...Int64.max), "tickets left"),
            Field(
                "nextReleaseInMs", .integer(0...Int64.max), required: false,
                "when the next hold ends, unless it is paid"),
        ])
    public static let eventNotOnSale = Reason(
        "EVENT_NOT_ON_SALE", .failedPrecondition,
        "The event or the ticket type is not sold now; `why` says whether it ever will be.",
        detail: [
            Field("why", .word(["DRAFT", "BEFORE", "AFTER"]), "its state, or its times"),
            Field("id", .id, "of the event or ticket type"),
        ])
    public static let ticketTypeDisabled = Reason(
        "TICKET_TYPE_DISABLED", .failedPrecondition,
        "The ticket type is not sold at present; take another one.",
        detail: [Field("id", .id, "of the ticket type")])
    public static let quantityOutOfRange = Reason(
        "QUANTITY_OUT_OF_RANGE", .outOfRange,
        "So many tickets are not sold in one order; ask for `min` to `max`, under a new id.",
        detail: [
            Field("id", .id, required: false, "of the ticket type"),
            Field("field", .text(maxBytes: 64), required: false, "what holds too many in all"),
            Field("min", .integer(0...Int64.max), "the fewest"),
            Field("max", .integer(0...Int64.max), "the most"),
        ])
    public static let ownerLimitExceeded = Reason(
        "OWNER_LIMIT_EXCEEDED", .resourceExhausted,
        "The owner would have more tickets of the type than one owner may; ask for fewer.",
        detail: [
            Field("id", .id, "of the ticket type"),
            Field("limit", .integer(0...Int64.max), "the most that an owner may have"),
            Field("used", .integer(0...Int64.max), "those that the owner holds or has bought"),
        ])
    public static let entitlementRequired = Reason(
        "ENTITLEMENT_REQUIRED", .permissionDenied,
        "The ticket type is for entitled buyers; the `entitlements` of the `actor` lack `names`.",
        detail: [
            Field("id", .id, "of the ticket type"),
            Field("names", .list(.text(maxBytes: 255), maxCount: 20), "what is lacking"),
        ])
    public static let openHoldExists = Reason(
        "OPEN_HOLD_EXISTS", .failedPrecondition,
        "The owner has an open hold of the event, which allows one: let it end, or give it back; "
            + "one that is being paid for ends by itself.",
        detail: [
            Field(
                "why", .word(["REJECT", "COMMITTING"]),
                "the event allows one, or an order is taking money for it"),
            Field("holdId", .id, "the open hold"),
            Field("reference", .message(HoldReference.fields), required: false, "what it is for"),
        ])

    public static let holdNotFound = Reason(
        "HOLD_NOT_FOUND", .notFound, "There is no hold of this `id`, or it is not the actor's.",
        detail: unknownEntity)
    public static let holdExpired = Reason(
        "HOLD_EXPIRED", .failedPrecondition,
        "The time of the hold is over; reserve again, under a new id.",
        detail: [
            state,
            Field("reclaimable", .flag, "whether `inventory.BeginCommit` may still take the stock"),
        ])
    public static let holdReleased = Reason(
        "HOLD_RELEASED", .failedPrecondition,
        "The hold was given up or replaced; reserve again, under a new id.",
        detail: [
            Field("state", .text(maxBytes: 64), required: false, "what the hold is"),
            Field("by", .text(maxBytes: 64), required: false, "why Inventory let it go"),
        ])
    public static let holdConsumed = Reason(
        "HOLD_CONSUMED", .failedPrecondition,
        "What was held is sold, and stays so.",
        detail: [state, Field("orderId", .id, required: false, "the order that it was sold to")])
    public static let holdCommitting = Reason(
        "HOLD_COMMITTING", .failedPrecondition,
        "An order is taking money for the hold; wait for its end.", detail: [state])
    public static let holdExists = Reason(
        "HOLD_EXISTS", .alreadyExists,
        "The hold has been resized since it was made; `inventory.GetHold` shows what it has.",
        detail: [Field("revision", .integer(1...Int64.max), "of the hold")])
    public static let holdState = Reason(
        "HOLD_STATE", .failedPrecondition,
        "The method does not start from the state that the hold is in.", detail: [state])
    public static let holdExtendedOnce = Reason(
        "HOLD_EXTENDED_ONCE", .failedPrecondition,
        "The caller may extend the hold once, and has; it lasts for `latestMs`.",
        detail: [Field("latestMs", .integer(0...Int64.max), "how long from now the hold lasts")])
    public static let holdExtendLimit = Reason(
        "HOLD_EXTEND_LIMIT", .outOfRange,
        "The hold cannot last so long; `latestMs` is the most.",
        detail: [Field("latestMs", .integer(0...Int64.max), "the most that it may last from now")])
    public static let fenced = Reason(
        "FENCED", .aborted, .unknown,
        "A later process of Orders has spoken for the order; nothing was done.",
        detail: [Field("epoch", .integer(0...Int64.max), "of that process: lease again above it")])

    public static let capacityBelowCommitted = Reason(
        "CAPACITY_BELOW_COMMITTED", .failedPrecondition,
        "The places would be fewer than those that are held and sold; ask for `committed` or more.",
        detail: [
            Field("committed", .integer(0...Int64.max), "held and sold"),
            Field("shortfall", .integer(0...Int64.max), "how many are missing"),
        ])
    public static let allocationsExceedCapacity = Reason(
        "ALLOCATIONS_EXCEED_CAPACITY", .failedPrecondition,
        "The `allocation` of all ticket types together exceeds the event's `totalCapacity`.",
        detail: [
            Field("sum", .integer(0...Int64.max), "of all allocations"),
            Field("capacity", .integer(0...Int64.max), "of the event"),
        ])
    public static let notPublishable = Reason(
        "NOT_PUBLISHABLE", .failedPrecondition,
        "The event cannot be sold as it is; mend what `missing` names first.",
        detail: [
            Field("missing", .list(.text(maxBytes: 255), maxCount: 20), "fields of the event")
        ])
    /// Nothing was done.
    public static let stockUnverified = Reason(
        "STOCK_UNVERIFIED", .unavailable, .unknown,
        "The stock was restored and may have sold more than it knows; `orders verify` or "
            + "`inventory.ResumeSales` ends this.")

    private static let state = Field("state", .text(maxBytes: 64), "what the hold is")
}
