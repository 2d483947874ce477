import Contracts
import FoundationEssentials
import RPC

/// How an attempt to buy ended: exactly one of these.
enum Outcome: String, CaseIterable, Sendable {
    case completed, declined, refused, expired, cancelled, refunded, unknown
}

/// One purchase as its buyer knows it: what was asked for and what came of it. Nothing in it is
/// read from a database.
struct Attempt: Sendable {
    let purchaseID: UUID
    let lines: [HoldLine]
    let expectedTotal: Money
    let card: Card
    /// Stays `unknown` until an answer says otherwise.
    var outcome = Outcome.unknown
    /// Why it was not completed, as the answer says.
    var reason: String?
    var paymentID: UUID?
    /// From the first question to the last answer.
    var milliseconds: Double = 0
    /// Seconds from the beginning of the sale to the last answer.
    var endedAt: Double = 0
    /// How often it was asked: once, unless the outcome was unknown.
    var questions = 0

    init(purchaseID: UUID, lines: [HoldLine], expectedTotal: Money, card: Card) {
        self.purchaseID = purchaseID
        self.lines = lines
        self.expectedTotal = expectedTotal
        self.card = card
    }

    var quantity: Int64 { lines.reduce(0) { $0 + $1.quantity } }

    /// What a checkout that has ended means to its buyer; nil while it has not.
    static func outcome(of reply: CheckoutReply) -> Outcome? {
        switch reply.state {
        case .completed: .completed
        case .rejected: .refused
        case .cancelled: reply.problem?.reason == Reason.declined.name ? .declined : .cancelled
        case .expired: .expired
        case .refunded: .refunded
        default: nil
        }
    }

    /// What an error means; nil when it must be asked again.
    static func outcome(of error: RPCError) -> Outcome? {
        guard error.isRefusal else { return nil }
        return error.reason == .declined ? .declined : .refused
    }
}
