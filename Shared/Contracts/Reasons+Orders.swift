public import RPC

/// Why Orders refuses.
extension Reason {
    /// There is no such checkout, or none that the caller may see.
    public static let checkoutNotFound = Reason("CHECKOUT_NOT_FOUND", .notFound)
    /// The checkout's state does not allow it; detail `state`.
    public static let checkoutState = Reason("CHECKOUT_STATE", .failedPrecondition)
    /// The hold's time ended before the buyer paid.
    public static let checkoutExpired = Reason("CHECKOUT_EXPIRED", .failedPrecondition)
    /// The order is paid, so it can only be refunded; detail `orderId`.
    public static let tooLateUseRefund = Reason("TOO_LATE_USE_REFUND", .failedPrecondition)
    /// The total is not the one the buyer agreed to; detail `expected`, `actual`.
    public static let priceChanged = Reason("PRICE_CHANGED", .failedPrecondition)
    /// The saga is not at a point where this may be decided; detail `allowed`.
    public static let sagaDecisionNotAllowed = Reason(
        "SAGA_DECISION_NOT_ALLOWED", .failedPrecondition)
    /// An operator's decision is kept with its reason, so it needs one.
    public static let reasonRequired = Reason("REASON_REQUIRED", .invalidArgument)
}
