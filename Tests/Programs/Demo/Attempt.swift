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
    let role: Role
    /// Of those who buy in one call; the others' are in their moves.
    let card: Card
    /// How long the buyer thinks before each move.
    let thinkMs: Int64
    /// Stays `unknown` until an answer says otherwise.
    var outcome = Outcome.unknown
    /// Why it was not completed, as the answer says.
    var reason: String?
    /// Every payment that an answer named.
    var payments: [UUID] = []
    /// The time to pay was over when it ended.
    var isAfterTime = false
    /// From the first question to the last answer.
    var milliseconds: Double = 0
    /// Seconds of selling from the beginning of the sale to the last answer.
    var endedAt: Double = 0
    /// How often something was asked again, because its outcome was unknown.
    var repeats = 0

    init(
        purchaseID: UUID, lines: [HoldLine], expectedTotal: Money, role: Role = .oneCall,
        card: Card = .good, thinkMs: Int64 = 0
    ) {
        self.purchaseID = purchaseID
        self.lines = lines
        self.expectedTotal = expectedTotal
        self.role = role
        self.card = card
        self.thinkMs = thinkMs
    }

    var quantity: Int64 { lines.reduce(0) { $0 + $1.quantity } }

    /// Whether money may come of it that nobody waits for any more.
    var isLate: Bool { role == .oneCall ? card == .late : role.isLate }

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
