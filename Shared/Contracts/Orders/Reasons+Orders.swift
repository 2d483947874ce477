public import RPC
import Wire

/// Why Orders refuses, beside what it passes on of the other two.
extension Reason {
    static let ofOrders = [
        checkoutNotFound, checkoutState, openCheckoutExists, checkoutExpired, tooLateUseRefund,
        priceChanged, notReservedInTime, checkoutForgotten, peerIncompatible,
        sagaDecisionNotAllowed,
        reasonRequired,
    ]

    public static let checkoutNotFound = Reason(
        "CHECKOUT_NOT_FOUND", .notFound,
        "There is no such checkout, or none that the caller may see.", detail: unknownEntity)
    public static let checkoutState = Reason(
        "CHECKOUT_STATE", .failedPrecondition,
        "The state of the checkout does not allow it; `orders.GetCheckout` shows all of it.",
        detail: [Field("state", .word(CheckoutState.known.map(\.word)), "what the checkout is")])
    public static let openCheckoutExists = Reason(
        "OPEN_CHECKOUT_EXISTS", .failedPrecondition,
        "The owner has an open checkout of the event, which allows one, or whose money is being "
            + "taken; pay or cancel that one.",
        detail: [Field("checkoutId", .id, "the open checkout")])
    public static let checkoutExpired = Reason(
        "CHECKOUT_EXPIRED", .failedPrecondition,
        "The time to pay is over; begin again with `orders.CreateCheckout`, under a new id.")
    public static let tooLateUseRefund = Reason(
        "TOO_LATE_USE_REFUND", .failedPrecondition,
        "The order is paid, so it can no longer be called off; this version has no method that "
            + "gives a finished order's money back, so the shop must settle it with the buyer.",
        detail: [Field("orderId", .id, "the order, as `orders.GetOrder` takes it")])
    public static let priceChanged = Reason(
        "PRICE_CHANGED", .failedPrecondition,
        "The total is not `expectedTotal`; show the buyer `actual`, and ask again under a new id.",
        detail: [
            Field("expected", .message(Money.fields), "what the buyer agreed to"),
            Field("actual", .message(Money.fields), "what it costs"),
        ])
    public static let notReservedInTime = Reason(
        "NOT_RESERVED_IN_TIME", .unavailable,
        "Inventory could not be asked for a minute, so nothing is held and nothing was charged; "
            + "ask again under a new id.")
    public static let checkoutForgotten = Reason(
        "CHECKOUT_FORGOTTEN", .aborted,
        "Orders was restored and had forgotten the checkout, so its stock and money were given "
            + "back; ask again under a new id.")
    public static let peerIncompatible = Reason(
        "PEER_INCOMPATIBLE", .internal,
        "Inventory or Payments did not understand what Orders asked, so nothing was done; an "
            + "operator must bring all three to one version.")
    public static let sagaDecisionNotAllowed = Reason(
        "SAGA_DECISION_NOT_ALLOWED", .failedPrecondition,
        "The checkout is not at a point where this may be decided; take one of `allowed`.",
        detail: [
            Field(
                "allowed", .list(.word(SagaDecision.known.map(\.word)), maxCount: 20),
                "what may be decided now")
        ])
    public static let reasonRequired = Reason(
        "REASON_REQUIRED", .invalidArgument,
        "A decision is kept with its reason for those who read the history; give a `reason`.")
}
