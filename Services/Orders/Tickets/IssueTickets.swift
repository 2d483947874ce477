import Contracts
import Saga

/// Writes the tickets of a large order, so many a commit, that no commit keeps the others waiting.
/// The order is completed by the last.
struct IssueTickets: StepCall {
    static let mostPerCommit: Int64 = 1_000

    var peer: String? { nil }

    func ask(_ checkout: Checkout, _ terms: CallTerms) async throws -> StepAnswer<Issued> {
        let left = checkout.quantity - checkout.ticketsIssued
        return .done(Issued(tickets: checkout.ticketsIssued + min(left, Self.mostPerCommit)))
    }

    func done(_ reply: Issued, _ decision: inout CheckoutDecision) {
        // The answer may be one of a process before this one, come late: the step is the same.
        let issued = max(decision.checkout.ticketsIssued, reply.tickets)
        decision.checkout.issued = issued
        if issued < decision.checkout.quantity {
            decision.goOn(with: CheckoutStep.issue)
        } else {
            decision.move(to: .completed)
        }
    }

    /// How many there are by it.
    struct Issued: StepReply {
        let tickets: Int64

        var word: String { "\(tickets)" }
    }
}
