public import Contracts
public import FoundationEssentials
public import Lifecycle
public import RPC

/// A provider that tells by itself that something has changed. It only shortens the wait: what it
/// forgets to tell, the next poll finds.
public protocol WebhookProvider: PaymentProvider {
    /// Makes sure that a request is the provider's own, byte by byte, and reads what it tells of.
    ///
    /// - Parameter now: by the clock of Payments, which alone judges how old a signature is.
    /// - Throws: `SIGNATURE_INVALID`, `SIGNATURE_STALE`, `WEBHOOK_MALFORMED`.
    func parse(_ webhook: ProviderWebhook, now: Instant) throws(RPCError) -> ProviderEvent
}

/// A provider's request as it came.
public struct ProviderWebhook: Sendable {
    public let headers: [WebhookHeader]
    public let rawBody: [UInt8]

    public init(headers: [WebhookHeader], rawBody: [UInt8]) {
        self.headers = headers
        self.rawBody = rawBody
    }
}

/// That something has happened at a provider. What it has come to is asked for there: neither the
/// order nor the content of events decides anything.
public struct ProviderEvent: Sendable, Equatable {
    /// The same however often the provider tells of it: 1 to `WebhookLimits.idBytes` of visible
    /// ASCII.
    public let id: String
    /// The provider's word for what has happened, of at most `WebhookLimits.typeBytes`.
    public let type: String
    /// The payment to ask for; nil when this kind of event changes none.
    public let paymentID: UUID?

    public init(id: String, type: String, paymentID: UUID?) {
        self.id = id
        self.type = type
        self.paymentID = paymentID
    }
}

/// Where a provider in the same process sends its webhooks, under its name; returns once one is
/// accepted.
public typealias WebhookEndpoint =
    @Sendable (_ webhook: ProviderWebhook, _ provider: String) async throws -> Void
