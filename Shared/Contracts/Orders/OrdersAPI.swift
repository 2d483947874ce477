public import RPC
internal import Wire

/// What Orders does for gateways, operators and its peers.
public enum OrdersAPI {
    public static let purchase = Method<PurchaseRequest, CheckoutReply>(
        "orders.Purchase", .mutation, callers: [.gateway], .named { $0.owner },
        "Reserves, pays and issues tickets in one call; asked again, it answers where it stands.")

    public static let createCheckout = Method<CreateCheckoutRequest, CheckoutReply>(
        "orders.CreateCheckout", .mutation, callers: [.gateway], .named { $0.owner },
        "Reserves, and gives the buyer time to pay.")

    public static let startPayment = Method<StartPaymentRequest, CheckoutReply>(
        "orders.StartPayment", .mutation, callers: [.gateway], .kept,
        "Begins to pay for a checkout; after a failure again, as long as its hold lives.")

    public static let cancelCheckout = Method<CancelCheckoutRequest, CheckoutReply>(
        "orders.CancelCheckout", .mutation, callers: [.gateway, .operator], .kept,
        "Calls a checkout off: the payment is given up, then the stock.")

    public static let getCheckout = Method<GetCheckoutRequest, CheckoutReply>(
        "orders.GetCheckout", .query, callers: [.gateway, .operator], .kept,
        "Where a checkout stands.")

    public static let watchCheckout = Method<WatchCheckoutRequest, CheckoutReply>(
        "orders.WatchCheckout", .wait, callers: [.gateway, .operator], .kept,
        "Where a checkout stands, once it has changed.")

    public static let getOrder = Method<GetOrderRequest, OrderReply>(
        "orders.GetOrder", .query, callers: [.gateway, .operator], .kept,
        "A paid order with its items and the first 500 of its tickets.")

    public static let listTickets = Method<ListTicketsRequest, ListTicketsReply>(
        "orders.ListTickets", .query, callers: [.gateway, .operator], .kept,
        "All tickets of an order, a page at a time.")

    public static let listOrders = Method<ListOrdersRequest, ListOrdersReply>(
        "orders.ListOrders", .query, callers: [.gateway, .operator], .listed { $0.owner },
        "Orders of an owner, of an event, or all, in order of their ids, a page at a time.")

    public static let getSaga = Method<GetSagaRequest, SagaReply>(
        "orders.GetSaga", .query, callers: [.operator], .staff,
        "What a purchase is doing, and every step that it has ended.")

    public static let retrySaga = Method<RetrySagaRequest, SagaReply>(
        "orders.RetrySaga", .mutation, callers: [.operator], .staff,
        "Asks the step again that the purchase waits or is parked at, now.")

    public static let resolveSaga = Method<ResolveSagaRequest, ResolveSagaReply>(
        "orders.ResolveSaga", .mutation, callers: [.operator], .staff,
        "Decides for a parked purchase: try again, or give money and stock back.")

    public static let readEvents = Method<FeedRequest, FeedReply>(
        "orders.ReadEvents", .wait, callers: [.payments, .inventory, .operator], .staff,
        "What happened to checkouts and orders, in order, from a number on.")

    public static let followFeed = Method<FollowFeedRequest, FollowFeedReply>(
        "orders.FollowFeed", .mutation, callers: [.operator], .staff,
        "Says where Orders goes on in Inventory's feed, after it diverged or was pruned.")

    public static let verifyInvariants = Method<VerifyRequest, VerifyReply>(
        "orders.VerifyInvariants", .mutation, callers: [.operator], .staff,
        "Checks orders against Inventory and Payments. An answer without violations is proof, and "
            + "lets a restored Inventory sell again.")

    public static let stats = Method<StatsRequest, StatsReply>(
        "orders.Stats", .query, callers: [.operator], .staff,
        "Counters, and how many checkouts stand in each state.")

    public static let setClock = SetClockRequest.method(of: "orders")
    public static let health = Method.health(of: "orders")

    /// All of them, for whoever lists them.
    public static let methods = [
        AnyMethod(purchase),
        AnyMethod(createCheckout),
        AnyMethod(startPayment),
        AnyMethod(cancelCheckout),
        AnyMethod(getCheckout),
        AnyMethod(watchCheckout),
        AnyMethod(getOrder),
        AnyMethod(listTickets),
        AnyMethod(listOrders),
        AnyMethod(getSaga),
        AnyMethod(retrySaga),
        AnyMethod(resolveSaga),
        AnyMethod(readEvents),
        AnyMethod(followFeed),
        AnyMethod(verifyInvariants),
        AnyMethod(setClock),
        AnyMethod(stats),
        AnyMethod(health),
    ]
}

/// Kinds of fact in Orders' feed. The subject is the checkout's id, and the body a `CheckoutFact`.
public enum OrdersFact {
    /// The money is taken and the stock is fenced; the tickets follow.
    public static let orderPaid = "order.paid"
    /// Tickets are issued: the buyer's funds become revenue and tax.
    public static let orderCompleted = "order.completed"
    /// These four end a checkout without tickets: nobody's money may stay behind.
    public static let checkoutRejected = "checkout.rejected"
    public static let checkoutCancelled = "checkout.cancelled"
    public static let checkoutExpired = "checkout.expired"
    public static let checkoutRefunded = "checkout.refunded"

    /// Each kind with its body, for the schema.
    public static let all = [
        orderPaid, orderCompleted, checkoutRejected, checkoutCancelled, checkoutExpired,
        checkoutRefunded,
    ].map { FactKind($0, CheckoutFact.fields) }
}
