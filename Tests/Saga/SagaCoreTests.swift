import RPC
import Saga
import Testing

@Suite struct SagaCoreTests {
    private static let core = SagaCore([
        ("reserve", .reversible, true), ("pay", .pivot, true), ("consume", .certain, false),
    ])
    private static let hour: Int64 = 3_600_000

    struct Row: Sendable {
        let position: SagaPosition
        let verdict: SagaCore.Verdict
        let ageMs: Int64
        let action: SagaCore.Action

        init(
            _ step: String, _ direction: SagaDirection, _ verdict: SagaCore.Verdict,
            ageMs: Int64 = 0, _ action: SagaCore.Action
        ) {
            position = SagaPosition(step, direction, attempt: 2)
            self.verdict = verdict
            self.ageMs = ageMs
            self.action = action
        }
    }

    private static func call(
        _ step: String, _ direction: SagaDirection = .act
    ) -> SagaCore.Action {
        .call(SagaPosition(step, direction))
    }

    private static func again(
        _ step: String, _ direction: SagaDirection = .act
    ) -> SagaCore.Action {
        .again(SagaPosition(step, direction, attempt: 3))
    }

    static let table: [Row] = [
        Row("reserve", .act, .done, call("pay")),
        Row("reserve", .act, .waiting, .wait),
        Row("reserve", .act, .refused, .undone),
        Row("reserve", .act, .unknown, ageMs: 59_999, again("reserve")),
        // The reserve may still arrive, so it is undone itself.
        Row("reserve", .act, .unknown, ageMs: 60_000, call("reserve", .undo)),
        Row("pay", .act, .done, call("consume")),
        Row("pay", .act, .waiting, .wait),
        // A refused payment did nothing: only what came before it is undone.
        Row("pay", .act, .refused, call("reserve", .undo)),
        Row("pay", .act, .unknown, ageMs: 60_000, again("pay")),
        Row("pay", .act, .unknown, ageMs: 20 * hour - 1, again("pay")),
        Row("pay", .act, .unknown, ageMs: 20 * hour, .park("pay is uncertain for too long")),
        Row("consume", .act, .done, .complete),
        Row("consume", .act, .refused, .park("consume was refused")),
        Row("consume", .act, .unknown, ageMs: 1_000 * hour, again("consume")),
        Row("pay", .undo, .done, call("reserve", .undo)),
        Row("pay", .undo, .refused, .park("undoing pay was refused")),
        Row("pay", .undo, .unknown, ageMs: 1_000 * hour, again("pay", .undo)),
        Row("reserve", .undo, .done, .undone),
        Row("reserve", .undo, .waiting, .wait),
        Row("reserve", .undo, .refused, .park("undoing reserve was refused")),
        Row("reserve", .undo, .unknown, ageMs: 1_000 * hour, again("reserve", .undo)),
        // A step off the list.
        Row("poll", .act, .unknown, again("poll")),
        Row("poll", .act, .done, .wait),
    ]

    @Test(arguments: table) func what(_ row: Row) {
        #expect(Self.core.next(row.position, row.verdict, ageMs: row.ageMs) == row.action)
    }

    @Test(arguments: ["reserve", "pay", "consume", "poll"], [SagaDirection.act, .undo])
    func aDenialParksWhereverItComes(_ step: String, _ direction: SagaDirection) {
        let action = Self.core.next(SagaPosition(step, direction), .denied, ageMs: 0)
        #expect(action == .park("\(step) was denied"))
    }

    @Test func undoBeginsWithTheLastStepThatHasOne() {
        #expect(Self.core.first == Self.call("reserve"))
        #expect(Self.core.back(from: "consume") == Self.call("pay", .undo))
        #expect(Self.core.back(from: "pay") == Self.call("pay", .undo))
        #expect(Self.core.back(from: "reserve") == Self.call("reserve", .undo))
        #expect(Self.core.back(from: "unheard") == .undone)
        #expect(SagaCore([]).first == .complete)
    }

    @Test func anAttemptNeverOverflows() {
        #expect(SagaPosition("pay", attempt: .max).again.attempt == .max)
    }

    @Test func onlyWhatNoPeerShouldSayIsADenial() {
        let denials: [Reason] = [
            .permissionDenied, .unauthenticated, .unsupportedSchema, .unknownMethod,
        ]
        #expect(denials.allSatisfy(SagaCore.isDenial))
        #expect(
            ![Reason.invalidArgument, .notFound, .overloaded].contains(where: SagaCore.isDenial))
    }
}
