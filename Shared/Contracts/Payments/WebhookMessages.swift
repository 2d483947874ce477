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

    public static let known: [WebhookState] = [
        .received, .applied, .noTargetYet, .ignored, .parked,
    ]
}

/// One header of the provider's request, its name in any case.
public struct WebhookHeader: Message, Hashable {
    public let name: String
    public let value: String

    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        name = f("name", it, .text(maxBytes: 128, .raw)) { $0.name }
        value = f("value", it, .text(maxBytes: 8_192, .rawOrEmpty)) { $0.value }
    }
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

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        provider = f(
            "provider", it, .text(maxBytes: 32), "whose endpoint was called"
        ) { $0.provider }
        headers = f("headers", it, .list(maxCount: 100), "at least the signature") { $0.headers }
        rawBody = f(
            "rawBody", it, .bytes(maxBytes: 65_536), "the body, byte by byte"
        ) { $0.rawBody }
    }
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

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        accepted = f("accepted", it, "true: the provider need not send it again") { $0.accepted }
        eventId = f(
            "eventId", it, .text(maxBytes: WebhookLimits.idBytes), "the provider's id of it"
        ) { $0.eventId }
        duplicate = f("duplicate", it, "it was stored before") { $0.duplicate }
    }
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

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        state = f("state", it, "only those") { $0.state }
        after = f.after(it) { $0.after }
        limit = f.limit(it) { $0.limit }
    }
}

public struct ListWebhooksReply: Message, Hashable {
    /// In order of provider and event id.
    public let webhooks: [WebhookReply]
    public let next: String?

    public init(webhooks: [WebhookReply], next: String?) {
        self.webhooks = webhooks
        self.next = next
    }

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        webhooks = f("webhooks", it, .list(maxCount: 500)) { $0.webhooks }
        next = f.next(it) { $0.next }
    }
}

/// Names an event to be applied once more: what the provider says today is asked for again.
public struct ReplayWebhookRequest: Message, Hashable {
    public let provider: String
    public let eventId: String

    public init(provider: String, eventId: String) {
        self.provider = provider
        self.eventId = eventId
    }

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        provider = f("provider", it, .text(maxBytes: 32, .raw)) { $0.provider }
        eventId = f("eventId", it, .text(maxBytes: WebhookLimits.idBytes, .raw)) { $0.eventId }
    }
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

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        provider = f("provider", it, .text(maxBytes: 32)) { $0.provider }
        eventId = f("eventId", it, .text(maxBytes: WebhookLimits.idBytes)) { $0.eventId }
        type = f(
            "type", it, .text(maxBytes: WebhookLimits.typeBytes), "the provider's word"
        ) { $0.type }
        state = f("state", it) { $0.state }
        paymentId = f("paymentId", it) { $0.paymentId }
        receivedAt = f("receivedAt", it) { $0.receivedAt }
        appliedAt = f("appliedAt", it) { $0.appliedAt }
        nextTryAt = f("nextTryAt", it, "absent: nobody looks again") { $0.nextTryAt }
        tries = f("tries", it, .integer(0...Int64.max), "looks in vain") { $0.tries }
    }
}
