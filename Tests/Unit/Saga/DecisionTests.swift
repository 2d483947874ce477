import FoundationEssentials
import Lifecycle
import RPC
import Support
import Testing

@testable import Saga

/// What a call without an answer comes to, and what is the same for every step.
@Suite struct DecisionTests {
    private static let start = Instant(milliseconds: 1_800_000_000_000)

    /// A row with an age.
    struct Aged: SagaSubject {
        let id = UUID()
        let createdAt = DecisionTests.start
        var step: SagaPosition? = SagaPosition("call", .act, attempt: 3)
        var epoch: Int64 = 1
        var nextRunAt: Instant?
        var stepCount: Int64 = 0
        var trouble: String?
        var version: Int64 = 1
        var parked: String?

        var isParked: Bool { parked != nil }

        mutating func park(_ reason: String) { parked = reason }
    }

    struct Call: StepCall {
        let peer: String? = "peer"

        func ask(_ row: Aged, _ terms: CallTerms) async throws -> StepAnswer<Said> {
            .done(Said(word: "done"))
        }

        func done(_ reply: Said, _ decision: inout StepDecision<Aged>) { decision.finish() }
    }

    private static func lost(
        _ kind: StepKind, _ direction: SagaDirection = .act, afterMs ageMs: Int64
    ) -> StepDecision<Aged> {
        var row = Aged()
        row.step = SagaPosition("call", direction, attempt: 3)
        return StepDecision(
            row,
            .unknown(
                SagaPosition("call", direction, attempt: 3), Call(), kind,
                RPCError(.unavailable, "gone"), retryInMs: 400),
            now: start.advanced(byMs: ageMs), epoch: 1)
    }

    private static let hourMs: Int64 = 3_600_000
    private static let ages: [(StepKind, Int64, Bool)] = [
        (.reversible, 59_999, false), (.reversible, 60_000, true),
        (.pivot, 20 * hourMs - 1, false), (.pivot, 20 * hourMs, true),
        (.certain, 1_000 * hourMs, false),
    ]

    @Test(arguments: ages)
    func whatHasNoAnswerIsAskedAgainUntilItsTimeIsOver(
        _ kind: StepKind, _ ageMs: Int64, _ isOver: Bool
    ) {
        let decision = Self.lost(kind, afterMs: ageMs)
        #expect((decision.subject.parked != nil) == isOver)
        #expect(decision.pauseMs == (isOver ? nil : 400))
        #expect(decision.subject.step?.attempt == (isOver ? 3 : 4))
        #expect(decision.subject.trouble == "UNAVAILABLE: gone")
        #expect(Self.lost(kind, .undo, afterMs: ageMs).pauseMs == 400)
    }

    @Test(arguments: [
        Reason.permissionDenied, .unauthenticated, .unsupportedSchema, .unknownMethod,
    ])
    func servicesThatDoNotFitTogetherNeedAHuman(_ reason: Reason) {
        let row = Aged()
        let decision = StepDecision(
            row, .refused(SagaPosition("call", attempt: 3), Call(), .heard(reason)),
            now: Self.start, epoch: 1)
        #expect(decision.subject.parked == "call was denied: \(reason.name)")
        #expect(decision.ended.map(\.outcome) == ["REFUSED"])
    }

    @Test func anAnswerToACallThatIsOverChangesNothing() {
        var row = Aged()
        row.step = SagaPosition("another")
        let report = CallReport<Aged>.answered(
            SagaPosition("call"), Call(), .done(Said(word: "done")))
        let decision = StepDecision(row, report, now: Self.start, epoch: 1)
        #expect(decision.subject == row && decision.ended.isEmpty)
    }

    /// Who repeats a step cannot know how far the process before had come.
    @Test func whoMovesARowOnOwnsIt() {
        var row = Aged()
        row.step = row.step?.again
        row.take(7, since: Aged())
        #expect(row.epoch == 1)
        row.step = SagaPosition("next")
        row.take(7, since: Aged())
        #expect(row.epoch == 7)
    }
}
