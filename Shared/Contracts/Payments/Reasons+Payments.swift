public import RPC
import Wire

/// Why Payments refuses.
extension Reason {
    static let ofPayments = [
        paymentNotFound, refundNotFound, webhookNotFound, paymentState, alreadyCaptured,
        alreadyVoided, declined, authorisationExpired, amountMismatch, providerUnknown,
        providerUnavailable, providerUncertain, refundExceedsCaptured, livePaymentExists,
        signatureInvalid, signatureStale, webhookMalformed,
    ]

    public static let paymentNotFound = Reason(
        "PAYMENT_NOT_FOUND", .notFound, "There is no payment of this `id`.", detail: unknownEntity)
    public static let refundNotFound = Reason(
        "REFUND_NOT_FOUND", .notFound, "There is no refund of this `id`.", detail: unknownEntity)
    public static let webhookNotFound = Reason(
        "WEBHOOK_NOT_FOUND", .notFound,
        "There is no webhook of this `id` by this provider; `payments.ListWebhooks` lists them.",
        detail: unknownEntity)
    public static let paymentState = Reason(
        "PAYMENT_STATE", .failedPrecondition,
        "The state of the payment, or of the refund, does not allow it.",
        detail: [Field("state", .text(maxBytes: 64), "what it is")])
    public static let alreadyCaptured = Reason(
        "ALREADY_CAPTURED", .failedPrecondition,
        "The money has been taken, so it can only be given back.",
        detail: [
            Field("amount", .integer(0...Int64.max), "minor units that were taken"),
            Field("currency", .text(maxBytes: 3), "ISO 4217"),
        ])
    public static let alreadyVoided = Reason(
        "ALREADY_VOIDED", .failedPrecondition,
        "The payment was given up; begin another under a new id.")
    public static let declined = Reason(
        "DECLINED", .failedPrecondition,
        "The provider declined: a checkout that is still open takes `orders.StartPayment` with a "
            + "new `attemptId`, if not `retryable` with another `paymentMethod`; one that has "
            + "ended takes a new purchase.",
        detail: [
            Field("reason", .text(maxBytes: 255), "the provider's word"),
            Field("retryable", .flag, "whether another attempt makes sense"),
            Field("state", .text(maxBytes: 64), "what the payment has become"),
        ])
    public static let authorisationExpired = Reason(
        "AUTHORISATION_EXPIRED", .failedPrecondition,
        "The authorisation has lapsed and nothing was taken; begin another payment.",
        detail: [Field("state", .text(maxBytes: 64), "what the payment has become")])
    public static let amountMismatch = Reason(
        "AMOUNT_MISMATCH", .failedPrecondition,
        "The amount or the currency is not that of the payment.")
    public static let providerUnknown = Reason(
        "PROVIDER_UNKNOWN", .invalidArgument,
        "No provider of this name is set up, or it does not do this; look at `provider`.",
        detail: [Field("provider", .text(maxBytes: 255), "the name that was given")])
    public static let providerUnavailable = Reason(
        "PROVIDER_UNAVAILABLE", .unavailable, .unknown,
        "The provider cannot be reached and has done nothing; ask again under the same id.")
    public static let providerUncertain = Reason(
        "PROVIDER_UNCERTAIN", .unavailable, .unknown,
        "The provider did not answer in time; ask again under the same id, which alone tells.")
    public static let refundExceedsCaptured = Reason(
        "REFUND_EXCEEDS_CAPTURED", .failedPrecondition,
        "More would go back than was taken; ask for `available` or less.",
        detail: [Field("available", .integer(0...Int64.max), "minor units that are left")])
    public static let livePaymentExists = Reason(
        "LIVE_PAYMENT_EXISTS", .failedPrecondition,
        "The checkout has a payment whose end is not known; wait for it before the next.",
        detail: [Field("paymentId", .id, "that payment")])
    public static let signatureInvalid = Reason(
        "SIGNATURE_INVALID", .unauthenticated,
        "Nothing shows that these bytes are the provider's; look at its secret in the "
            + "credentials, and at whether `rawBody` is the body byte by byte.")
    public static let signatureStale = Reason(
        "SIGNATURE_STALE", .unauthenticated,
        "The provider signed it more than five minutes ago, or ahead of time; look at the clocks.")
    public static let webhookMalformed = Reason(
        "WEBHOOK_MALFORMED", .invalidArgument,
        "The bytes are the provider's, but not an event as it describes them.")
}
