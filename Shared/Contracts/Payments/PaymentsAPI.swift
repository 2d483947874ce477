public import RPC
internal import Wire

/// What Payments does for Orders, hears from providers, and shows to operators.
///
/// Every mutation carries its own id: `paymentId` and `refundId` are the keys. A replay answers
/// the current view; the same id with another payload is `IDEMPOTENCY_CONFLICT`. A webhook's key
/// is the provider's id of the event, signed with the rest of its body.
public enum PaymentsAPI {
    public static let createPayment = Method<CreatePaymentRequest, PaymentReply>(
        "payments.CreatePayment", .mutation, callers: [.orders], .staff,
        "Takes money at once (SALE) or has it authorised (AUTH_CAPTURE).")
    public static let getPayment = Method<GetPaymentRequest, PaymentReply>(
        "payments.GetPayment", .query, callers: [.orders, .operator], .staff,
        "A payment as it was seen last.")
    public static let refreshPayment = Method<RefreshPaymentRequest, PaymentReply>(
        "payments.RefreshPayment", .mutation, callers: [.orders, .operator], .staff,
        "Asks the provider what a payment in its hands is by now, and keeps the answer.")
    public static let capturePayment = Method<CapturePaymentRequest, PaymentReply>(
        "payments.CapturePayment", .mutation, callers: [.orders], .staff,
        "Takes what was authorised.")
    public static let voidPayment = Method<VoidPaymentRequest, PaymentReply>(
        "payments.VoidPayment", .mutation, callers: [.orders], .staff,
        "Gives up a payment; an unknown id leaves a tombstone, so that a late create is refused.")
    public static let refundPayment = Method<RefundPaymentRequest, RefundReply>(
        "payments.RefundPayment", .mutation, callers: [.orders], .staff,
        "Owes the buyer money; retried until it is settled.")
    public static let retryRefund = Method<RetryRefundRequest, RefundReply>(
        "payments.RetryRefund", .mutation, callers: [.operator], .staff,
        "Asks the provider again for a refund that is parked or waits, now.")
    public static let getRefund = Method<GetRefundRequest, RefundReply>(
        "payments.GetRefund", .query, callers: [.orders, .operator], .staff,
        "A refund as it is.")
    public static let listObligations = Method<ListObligationsRequest, ListObligationsReply>(
        "payments.ListObligations", .query, callers: [.orders, .operator], .staff,
        "Refunds that are owed and not settled yet.")
    public static let listUnsettled = Method<ListUnsettledRequest, ListUnsettledReply>(
        "payments.ListUnsettled", .query, callers: [.orders, .operator], .staff,
        "Payments of checkouts that have not ended, older than a time given.")
    public static let ingestWebhook = Method<IngestWebhookRequest, IngestWebhookReply>(
        "payments.IngestWebhook", .mutation, callers: [.gateway], .anybody,
        "Takes what a provider tells of a payment; answered once it is stored.")
    public static let listWebhooks = Method<ListWebhooksRequest, ListWebhooksReply>(
        "payments.ListWebhooks", .query, callers: [.operator], .staff,
        "Events that providers told of, and what has become of them.")
    public static let replayWebhook = Method<ReplayWebhookRequest, WebhookReply>(
        "payments.ReplayWebhook", .mutation, callers: [.operator], .staff,
        "Has an event applied once more, now.")
    public static let ledgerBalance = Method<LedgerBalanceRequest, LedgerBalanceReply>(
        "payments.LedgerBalance", .query, callers: [.orders, .operator], .staff,
        "Accounts whose name begins with a prefix, with their totals.")
    public static let readEvents = Method<FeedRequest, FeedReply>(
        "payments.ReadEvents", .wait, callers: [.orders, .operator], .staff,
        "Facts about payments and refunds after a number.")
    public static let followFeed = Method<FollowFeedRequest, FollowFeedReply>(
        "payments.FollowFeed", .mutation, callers: [.operator], .staff,
        "Says where Payments goes on in Orders' feed, after it diverged or was pruned.")
    public static let verifyInvariants = Method<VerifyRequest, VerifyReply>(
        "payments.VerifyInvariants", .query, callers: [.orders, .operator], .staff,
        "Compares payments, refunds, ledger and feed with each other.")
    public static let compareHistory = Method<HistoryRequest, HistoryReply>(
        "payments.CompareHistory", .query, callers: [.orders, .operator], .staff,
        "How far the history of Payments' store has come.")
    public static let stats = Method<StatsRequest, StatsReply>(
        "payments.Stats", .query, callers: [.orders, .operator], .staff,
        "Counters since the process started.")

    public static let setClock = SetClockRequest.method(of: "payments")
    public static let health = Method.health(of: "payments")

    /// All of them, for whoever lists them.
    public static let methods = [
        AnyMethod(createPayment),
        AnyMethod(getPayment),
        AnyMethod(refreshPayment),
        AnyMethod(capturePayment),
        AnyMethod(voidPayment),
        AnyMethod(refundPayment),
        AnyMethod(retryRefund),
        AnyMethod(getRefund),
        AnyMethod(listObligations),
        AnyMethod(listUnsettled),
        AnyMethod(ingestWebhook),
        AnyMethod(listWebhooks),
        AnyMethod(replayWebhook),
        AnyMethod(ledgerBalance),
        AnyMethod(readEvents),
        AnyMethod(followFeed),
        AnyMethod(verifyInvariants),
        AnyMethod(compareHistory),
        AnyMethod(setClock),
        AnyMethod(stats),
        AnyMethod(health),
    ]
}

/// The kinds of facts in Payments' feed. `payment.…` carry a `PaymentReply`, with the payment's id
/// as subject; `refund.…` carry a `RefundReply`, with the refund's.
public enum PaymentsFact {
    public static let captured = "payment.captured"
    public static let authorised = "payment.authorised"
    public static let processing = "payment.processing"
    public static let requiresAction = "payment.requires_action"
    /// The attempt failed: the payment is CREATED again, or FAILED_FINAL for good.
    public static let attemptFailed = "payment.attempt_failed"
    public static let voided = "payment.voided"
    public static let refundSucceeded = "refund.succeeded"
    public static let refundParked = "refund.parked"

    /// Each kind with its body, for the schema.
    public static let all =
        [captured, authorised, processing, requiresAction, attemptFailed, voided].map {
            FactKind($0, PaymentReply.fields)
        } + [refundSucceeded, refundParked].map { FactKind($0, RefundReply.fields) }
}
