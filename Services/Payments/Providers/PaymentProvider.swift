public import Contracts
public import FoundationEssentials
public import Lifecycle

/// The port to whoever moves the money: `sim` here, a bank or a card processor elsewhere.
///
/// A provider is idempotent by key: the same key asked again does nothing new and answers what
/// the payment is by now. It keeps its own time limit and answers `uncertain` beyond it, so that
/// a call always ends.
public protocol PaymentProvider: Sendable {
    /// The word in `CreatePaymentRequest.provider` and in the names of accounts.
    var name: String { get }

    func authorise(_ charge: Charge, key: ProviderKey) async -> ProviderAnswer
    /// Authorises and captures at once.
    func sale(_ charge: Charge, key: ProviderKey) async -> ProviderAnswer
    func capture(_ paymentID: UUID, amount: Money, key: ProviderKey) async -> ProviderAnswer
    func void(_ paymentID: UUID, key: ProviderKey) async -> ProviderAnswer
    func refund(_ paymentID: UUID, amount: Money, key: ProviderKey) async -> RefundAnswer
    func fetch(_ paymentID: UUID) async -> ProviderAnswer
    /// The machine's clock was set right: for a provider that has a store on it.
    func setClock() async throws
    /// What it runs in this process for as long as that lives; its webhooks go to `endpoint`.
    func jobs(endpoint: @escaping WebhookEndpoint) -> [any Service]
}

extension PaymentProvider {
    // One that is elsewhere has a clock and work of its own.

    public func setClock() async throws {}
    public func jobs(endpoint: @escaping WebhookEndpoint) -> [any Service] { [] }
}

/// What the buyer is to be charged.
public struct Charge: Sendable, Equatable {
    public let paymentID: UUID
    public let amount: Money
    /// The provider's token; nil when the buyer gives their means of payment on its page.
    public let method: String?

    public init(paymentID: UUID, amount: Money, method: String?) {
        self.paymentID = paymentID
        self.amount = amount
        self.method = method
    }
}

/// The idempotency key at the provider: derived from our own id and the step, never from the
/// caller's key, so that nothing but a new attempt can move money twice.
public struct ProviderKey: Hashable, Sendable, CustomStringConvertible {
    public enum Step: String, Sendable {
        case authorise, sale, capture, void, refund
    }

    /// The payment, or for a refund the refund.
    public let subject: UUID
    public let step: Step
    public let attempt: Int64

    public init(_ subject: UUID, _ step: Step, attempt: Int64 = 1) {
        self.subject = subject
        self.step = step
        self.attempt = attempt
    }

    public var description: String { "\(subject.text)/\(step.rawValue)/\(attempt)" }
}

/// How a call to a provider ended.
public enum ProviderAnswer: Sendable, Equatable {
    /// What the payment is at the provider now, whatever was asked: a void may find it captured.
    case known(ProviderPayment)
    /// The provider has never heard of it.
    case unknownPayment
    /// It may have been done; only the same key tells.
    case uncertain(String)
    /// This call did nothing.
    case unavailable(String)
}

/// A payment as its provider sees it.
public struct ProviderPayment: Sendable, Equatable {
    public enum Status: Sendable, Equatable {
        case requiresAction(clientSecret: String)
        case processing
        case authorised
        case captured
        case voided
        /// `isFinal` false leaves it open for another try of the buyer under the same payment;
        /// `isRetryable` says whether another payment has a chance.
        case declined(reason: String, isRetryable: Bool, isFinal: Bool)
    }

    public let status: Status
    /// Counts the buyer's tries, from 1.
    public let attempt: Int64
    /// What was authorised or captured.
    public let amount: Money
    /// What the provider keeps of it, in minor units; known once it is captured.
    public let fee: Int64

    public init(_ status: Status, attempt: Int64 = 1, amount: Money, fee: Int64 = 0) {
        self.status = status
        self.attempt = attempt
        self.amount = amount
        self.fee = fee
    }
}

/// How asking for a refund ended.
public enum RefundAnswer: Sendable, Equatable {
    case succeeded
    /// A definite no to this key; another attempt needs another key.
    case failed(String)
    /// On its way, or no answer: ask again under the same key.
    case uncertain(String)
    /// This call did nothing.
    case unavailable(String)
}
