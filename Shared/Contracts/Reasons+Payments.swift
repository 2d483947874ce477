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
    /// Nothing shows that these bytes are the provider's.
    public static let signatureInvalid = Reason("SIGNATURE_INVALID", .unauthenticated)
    /// Signed by the provider, but more than five minutes ago, or ahead of time.
    public static let signatureStale = Reason("SIGNATURE_STALE", .unauthenticated)
    /// The provider's bytes, but not an event as it describes them.
    public static let webhookMalformed = Reason("WEBHOOK_MALFORMED", .invalidArgument)
    public static let webhookNotFound = Reason("WEBHOOK_NOT_FOUND", .notFound)
}
