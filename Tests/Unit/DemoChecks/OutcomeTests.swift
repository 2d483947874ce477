import Contracts
import FoundationEssentials
import RPC
import Support
import Testing

@testable import Demo

struct OutcomeTests {
    private static func reply(_ state: CheckoutState, _ problem: String? = nil) -> CheckoutReply {
        CheckoutReply(
            checkoutId: UUID(), eventId: UUID(), owner: "o", state: state, lines: [],
            problem: problem.map { CheckoutProblem(reason: $0, message: "") }, version: 1)
    }

    private static let endings: [(CheckoutState, String?, Outcome)] = [
        (.completed, nil, .completed), (.rejected, nil, .refused),
        (.cancelled, "DECLINED", .declined), (.cancelled, "PRICE_CHANGED", .cancelled),
        (.expired, nil, .expired), (.refunded, nil, .refunded),
    ]

    @Test(arguments: endings)
    func aTerminalStateIsAnOutcome(_ state: CheckoutState, _ problem: String?, _ outcome: Outcome) {
        #expect(Attempt.outcome(of: Self.reply(state, problem)) == outcome)
    }

    @Test func everyTerminalStateIsAnOutcomeAndNoOtherIs() {
        for state in CheckoutState.known {
            #expect((Attempt.outcome(of: Self.reply(state)) != nil) == state.isTerminal, "\(state)")
        }
    }

    @Test func onlyARefusalIsAnOutcome() {
        #expect(Attempt.outcome(of: .heard(.insufficientInventory)) == .refused)
        #expect(Attempt.outcome(of: .heard(.declined)) == .declined)
        for unknown in [Reason.unavailable, .overloaded, .deadlineExceeded, .internal, .draining] {
            #expect(Attempt.outcome(of: RPCError(unknown, "")) == nil)
        }
    }

    @Test func attemptsAreTheSumOfTheirOutcomes() throws {
        let sale = try SampleSale()
        var tally = Tally()
        for outcome in Outcome.allCases {
            tally.begin()
            tally.end(sale.attempt(outcome, 2))
        }
        tally.begin()
        #expect(tally.attempts == tally.open + tally.outcomes.values.reduce(0, +))
        #expect(tally.open == 1)
        #expect(tally.sold == 2)
    }
}
