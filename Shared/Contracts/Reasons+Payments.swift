public import RPC

extension Reason {
    public static let paymentNotFound = Reason("PAYMENT_NOT_FOUND", .notFound)
    public static let refundNotFound = Reason("REFUND_NOT_FOUND", .notFound)
    /// `{state}`
    public static let paymentState = Reason("PAYMENT_STATE", .failedPrecondition)
    /// `{amount}` in minor units
    public static let alreadyCaptured = Reason("ALREADY_CAPTURED", .failedPrecondition)
    public static let alreadyVoided = Reason("ALREADY_VOIDED", .failedPrecondition)
    /// `{reason, retryable, state}`: the provider's word, whether another attempt makes sense, and
    /// what the payment has become
    public static let declined = Reason("DECLINED", .failedPrecondition)
    public static let authorisationExpired = Reason("AUTHORISATION_EXPIRED", .failedPrecondition)
    public static let amountMismatch = Reason("AMOUNT_MISMATCH", .failedPrecondition)
    public static let providerUnknown = Reason("PROVIDER_UNKNOWN", .invalidArgument)
    /// Nothing was done; the same call may succeed later.
    public static let providerUnavailable = Reason("PROVIDER_UNAVAILABLE", .unavailable, .unknown)
    /// The provider did not answer in time: only the same key tells.
    public static let providerUncertain = Reason("PROVIDER_UNCERTAIN", .unavailable, .unknown)
    public static let refundExceedsCaptured = Reason(
        "REFUND_EXCEEDS_CAPTURED", .failedPrecondition)
    /// `{paymentId}`
    public static let livePaymentExists = Reason("LIVE_PAYMENT_EXISTS", .failedPrecondition)
}
