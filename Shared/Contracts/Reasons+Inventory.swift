public import RPC

/// Why Inventory refuses. The detail of each is named beside it.
extension Reason {
    /// `scope` EVENT or TICKET_TYPE, `id`, `requested`, `available`, `nextReleaseInMs`?
    public static let insufficientInventory = Reason(
        "INSUFFICIENT_INVENTORY", .resourceExhausted)
    /// `why`: DRAFT, UNPUBLISHED, CANCELLED, BEFORE or AFTER; `id` of the event or ticket type
    public static let eventNotOnSale = Reason("EVENT_NOT_ON_SALE", .failedPrecondition)
    /// `id`
    public static let ticketTypeDisabled = Reason("TICKET_TYPE_DISABLED", .failedPrecondition)
    /// `min`, `max`, and the `id` of the ticket type or the `field` that holds too many in all
    public static let quantityOutOfRange = Reason("QUANTITY_OUT_OF_RANGE", .outOfRange)
    /// `id`, `limit`, `used`
    public static let ownerLimitExceeded = Reason("OWNER_LIMIT_EXCEEDED", .resourceExhausted)
    /// `id`, `names`
    public static let entitlementRequired = Reason("ENTITLEMENT_REQUIRED", .permissionDenied)
    /// `holdId` of the owner's open hold, beside which the event allows none
    public static let openHoldExists = Reason("OPEN_HOLD_EXISTS", .failedPrecondition)
    /// `id` of the hold that an order is taking money for
    public static let openCheckoutExists = Reason("OPEN_CHECKOUT_EXISTS", .failedPrecondition)

    public static let holdNotFound = Reason("HOLD_NOT_FOUND", .notFound)
    /// `state`, `reclaimable`
    public static let holdExpired = Reason("HOLD_EXPIRED", .failedPrecondition)
    /// `state`
    public static let holdReleased = Reason("HOLD_RELEASED", .failedPrecondition)
    /// `state`, `orderId`
    public static let holdConsumed = Reason("HOLD_CONSUMED", .failedPrecondition)
    /// `state`
    public static let holdCommitting = Reason("HOLD_COMMITTING", .failedPrecondition)
    /// `state`: one that the method does not start from and that has no reason of its own
    public static let holdState = Reason("HOLD_STATE", .failedPrecondition)
    /// `latestMs`: how long the hold may last at most from now
    public static let holdExtendLimit = Reason("HOLD_EXTEND_LIMIT", .outOfRange)
    /// `epoch`: a later holder of the saga's lease has spoken. Lease again above it.
    public static let fenced = Reason("FENCED", .aborted, .unknown)

    /// `committed`, `shortfall`
    public static let capacityBelowCommitted = Reason(
        "CAPACITY_BELOW_COMMITTED", .failedPrecondition)
    /// `sum`, `capacity`
    public static let allocationsExceedCapacity = Reason(
        "ALLOCATIONS_EXCEED_CAPACITY", .failedPrecondition)
    /// `missing`
    public static let notPublishable = Reason("NOT_PUBLISHABLE", .failedPrecondition)
}
