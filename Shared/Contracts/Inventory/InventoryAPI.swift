public import RPC
internal import Wire

/// What Inventory does: it owns events, their ticket types, and every ticket that is held or sold.
/// It alone judges by its clock whether a hold lives.
public enum InventoryAPI {
    private static let buyers: Set<Role> = [.gateway, .orders, .operator]
    private static let managers: Set<Role> = [.eventManager, .operator]

    public static let createEvent = Method<CreateEventRequest, EventReply>(
        "inventory.CreateEvent", .mutation, callers: managers, .staff,
        "Makes a DRAFT event with its pool of places.")
    public static let publishEvent = Method<PublishEventRequest, EventReply>(
        "inventory.PublishEvent", .mutation, callers: managers, .staff,
        "Puts an event on sale.")
    public static let getEvent = Method<GetEventRequest, EventReply>(
        "inventory.GetEvent", .query, callers: buyers.union(managers), .anybody,
        "An event with its ticket types.")
    public static let putTicketType = Method<PutTicketTypeRequest, TicketTypeReply>(
        "inventory.PutTicketType", .mutation, callers: managers, .staff,
        "Makes a ticket type, or replaces one whole.")

    public static let reserve = Method<ReserveRequest, HoldReply>(
        "inventory.Reserve", .mutation, callers: buyers, .named { $0.owner },
        "Takes tickets out of every pool they belong to, all lines or none, until the hold ends.")
    public static let getHold = Method<GetHoldRequest, HoldReply>(
        "inventory.GetHold", .query, callers: buyers, .kept,
        "A hold as it is now.")
    public static let extendHold = Method<ExtendHoldRequest, HoldReply>(
        "inventory.ExtendHold", .mutation, callers: buyers, .kept,
        "Makes sure that a hold lasts at least so long, once and within its maximum.")
    public static let resizeHold = Method<ResizeHoldRequest, HoldReply>(
        "inventory.ResizeHold", .mutation, callers: buyers, .kept,
        "Gives a hold another selection, all of it or nothing; its time stays as it is.")
    public static let releaseHold = Method<ReleaseHoldRequest, HoldReply>(
        "inventory.ReleaseHold", .mutation, callers: buyers, .kept,
        "Gives back what a hold took; for an unknown hold it leaves a tombstone.")
    public static let listHolds = Method<ListHoldsRequest, ListHoldsReply>(
        "inventory.ListHolds", .query, callers: [.orders, .operator], .staff,
        "Open holds older than so long, in order of their ids.")

    public static let beginCommit = Method<BeginCommitRequest, HoldReply>(
        "inventory.BeginCommit", .mutation, callers: [.orders], .staff,
        "Fences a hold for an order: it cannot expire while money is being taken.")
    public static let reopenHold = Method<ReopenHoldRequest, HoldReply>(
        "inventory.ReopenHold", .mutation, callers: [.orders], .staff,
        "Takes the fence away after money was declined, and gives the buyer two minutes more.")
    public static let consumeHold = Method<ConsumeHoldRequest, HoldReply>(
        "inventory.ConsumeHold", .mutation, callers: [.orders], .staff,
        "Turns what a fenced hold holds into what is sold.")

    public static let getAvailability = Method<GetAvailabilityRequest, AvailabilityReply>(
        "inventory.GetAvailability", .query, callers: buyers.union(managers), .named { $0.owner },
        "How many tickets of an event can be had now.")
    public static let watchAvailability = Method<WatchAvailabilityRequest, AvailabilityReply>(
        "inventory.WatchAvailability", .wait, callers: buyers.union(managers), .anybody,
        "The same once it is another than the caller has; watch once an event and fan out.")
    public static let listAudit = Method<ListAuditRequest, ListAuditReply>(
        "inventory.ListAudit", .query, callers: managers, .staff,
        "Every change of one pool, in order.")
    public static let sweepExpired = Method<SweepExpiredRequest, SweepExpiredReply>(
        "inventory.SweepExpired", .mutation, callers: [.operator], .staff,
        "Gives back what expired holds took, as the sweeper does each second.")

    public static let readEvents = Method<FeedRequest, FeedReply>(
        "inventory.ReadEvents", .wait, callers: [.orders, .operator], .staff,
        "Facts about events and holds after a number.")
    public static let verifyInvariants = Method<VerifyRequest, VerifyReply>(
        "inventory.VerifyInvariants", .query, callers: [.orders, .operator], .staff,
        "Compares what the pools count with what holds, audit and feed sum up to.")
    public static let compareHistory = Method<HistoryRequest, HistoryReply>(
        "inventory.CompareHistory", .mutation, callers: [.orders, .operator], .staff,
        "How far its store has come; a caller who saw more stops Reserve: it was restored.")
    public static let resumeSales = Method<ResumeSalesRequest, HistoryReply>(
        "inventory.ResumeSales", .mutation, callers: [.orders, .operator], .staff,
        "Lets Reserve go on after a restore; Orders' verify does it once nothing is violated.")
    public static let stats = Method<StatsRequest, StatsReply>(
        "inventory.Stats", .query, callers: [.operator], .staff,
        "Counters since the process started.")

    public static let setClock = SetClockRequest.method(of: "inventory")
    public static let health = Method.health(of: "inventory")

    /// All of them, for whoever lists them.
    public static let methods = [
        AnyMethod(createEvent),
        AnyMethod(publishEvent),
        AnyMethod(getEvent),
        AnyMethod(putTicketType),
        AnyMethod(reserve),
        AnyMethod(getHold),
        AnyMethod(extendHold),
        AnyMethod(resizeHold),
        AnyMethod(releaseHold),
        AnyMethod(listHolds),
        AnyMethod(beginCommit),
        AnyMethod(reopenHold),
        AnyMethod(consumeHold),
        AnyMethod(getAvailability),
        AnyMethod(watchAvailability),
        AnyMethod(listAudit),
        AnyMethod(sweepExpired),
        AnyMethod(readEvents),
        AnyMethod(verifyInvariants),
        AnyMethod(compareHistory),
        AnyMethod(resumeSales),
        AnyMethod(setClock),
        AnyMethod(stats),
        AnyMethod(health),
    ]
}

/// The kinds of facts in Inventory's feed. `event.…` carry an `EventFact` with the event's id as
/// subject; `hold.…` carry a `HoldFact`, with the hold's.
public enum InventoryFact {
    public static let eventCreated = "event.created"
    public static let eventPublished = "event.published"
    public static let holdExpired = "hold.expired"
    /// A buyer or a saga gave it back. A tombstone is no fact: nothing was held.
    public static let holdReleased = "hold.released"

    /// Each kind with its body, for the schema.
    public static let all =
        [eventCreated, eventPublished].map { FactKind($0, EventFact.fields) }
        + [holdExpired, holdReleased].map { FactKind($0, HoldFact.fields) }
}
