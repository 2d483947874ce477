public import FoundationEssentials
public import Lifecycle
internal import Text
public import Wire

/// What has become of an event that a provider told of.
public struct WebhookState: Word {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    /// Stored; what it is about has not been asked for at the provider yet.
    public static let received = WebhookState("RECEIVED")
    /// What the provider says since is committed.
    public static let applied = WebhookState("APPLIED")
    /// It is about a payment that is not known; looked for again.
    public static let noTargetYet = WebhookState("NO_TARGET_YET")
    /// A kind of event that changes nothing here.
    public static let ignored = WebhookState("IGNORED")
    /// Its payment was not known for a day: a human must decide.
    public static let parked = WebhookState("PARKED")

    static let words = ["RECEIVED", "APPLIED", "NO_TARGET_YET", "IGNORED", "PARKED"]
}

/// One header of the provider's request, its name in any case.
public struct WebhookHeader: Message, Hashable {
    public let name: String
    public let value: String

    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }

    public static let fields = [
        Field("name", .text(maxBytes: 128, .raw)),
        Field("value", .text(maxBytes: 8_192, .rawOrEmpty)),
    ]
}

/// A provider's request as it came. The signature is over the bytes of its body, so nothing may
/// be decoded and encoded again on the way.
public struct IngestWebhookRequest: Message, Hashable {
    public let provider: String
    public let headers: [WebhookHeader]
    public let rawBody: Data

    public init(provider: String, headers: [WebhookHeader], rawBody: Data) {
        self.provider = provider
        self.headers = headers
        self.rawBody = rawBody
    }

    public static let fields = [
        Field("provider", .text(maxBytes: 32), "whose endpoint was called"),
        Field(
            "headers", .list(.message(WebhookHeader.fields), maxCount: 100),
            "at least the signature"),
        Field("rawBody", .bytes(maxBytes: 65_536), "the body, byte by byte"),
    ]
}

/// Given once the event is stored: from here on the provider need not send it again.
public struct IngestWebhookReply: Message, Hashable {
    public let accepted: Bool
    /// The provider's own id of the event.
    public let eventId: String
    /// It was stored before, and nothing has changed.
    public let duplicate: Bool

    public init(accepted: Bool, eventId: String, duplicate: Bool) {
        self.accepted = accepted
        self.eventId = eventId
        self.duplicate = duplicate
    }

    public static let fields = [
        Field("accepted", .flag, "true: the provider need not send it again"),
        Field("eventId", .text(maxBytes: WebhookLimits.idBytes), "the provider's id of it"),
        Field("duplicate", .flag, "it was stored before"),
    ]
}

/// Bounds on what a provider may say of an event.
public enum WebhookLimits {
    public static let idBytes = 128
    public static let typeBytes = 64
}

public struct ListWebhooksRequest: Message, Hashable {
    public let state: WebhookState?
    public let after: String?
    public let limit: Int64?

    public init(state: WebhookState? = nil, after: String? = nil, limit: Int64? = nil) {
        self.state = state
        self.after = after
        self.limit = limit
    }

    public static let fields = [
        Field("state", .word(WebhookState.words), required: false, "only those"),
        Paging.limit, Paging.after,
    ]
}

public struct ListWebhooksReply: Message, Hashable {
    /// In order of provider and event id.
    public let webhooks: [WebhookReply]
    public let next: String?

    public init(webhooks: [WebhookReply], next: String?) {
        self.webhooks = webhooks
        self.next = next
    }

    public static let fields = [
        Field("webhooks", .list(.message(WebhookReply.fields), maxCount: 500)),
        Paging.next,
    ]
}

/// Names an event to be applied once more: what the provider says today is asked for again.
public struct ReplayWebhookRequest: Message, Hashable {
    public let provider: String
    public let eventId: String

    public init(provider: String, eventId: String) {
        self.provider = provider
        self.eventId = eventId
    }

    public static let fields = [
        Field("provider", .text(maxBytes: 32, .raw)),
        Field("eventId", .text(maxBytes: WebhookLimits.idBytes, .raw)),
    ]
}

/// An event that a provider told of, without its body.
public struct WebhookReply: Message, Hashable {
    public let provider: String
    public let eventId: String
    public let type: String
    public let state: WebhookState
    /// The payment that it is about; absent when it is about none.
    public let paymentId: UUID?
    public let receivedAt: Instant
    public let appliedAt: Instant?
    /// When it is looked at again; absent when nobody will.
    public let nextTryAt: Instant?
    /// How often it was looked at in vain.
    public let tries: Int64

    public init(
        provider: String, eventId: String, type: String, state: WebhookState, paymentId: UUID?,
        receivedAt: Instant, appliedAt: Instant?, nextTryAt: Instant?, tries: Int64
    ) {
        self.provider = provider
        self.eventId = eventId
        self.type = type
        self.state = state
        self.paymentId = paymentId
        self.receivedAt = receivedAt
        self.appliedAt = appliedAt
        self.nextTryAt = nextTryAt
        self.tries = tries
    }

    public static let fields = [
        Field("provider", .text(maxBytes: 32)),
        Field("eventId", .text(maxBytes: WebhookLimits.idBytes)),
        Field("type", .text(maxBytes: WebhookLimits.typeBytes), "the provider's word"),
        Field("state", .word(WebhookState.words)),
        Field("paymentId", .id, required: false), Field("receivedAt", .instant),
        Field("appliedAt", .instant, required: false),
        Field("nextTryAt", .instant, required: false, "absent: nobody looks again"),
        Field("tries", .integer(0...Int64.max), "looks in vain"),
    ]
}
