import Testing

@testable import Simulation

/// When a campaign without violations means nothing, and what it says of those that it found.
@Suite struct TallyTests {
    private static let all = Dictionary(
        uniqueKeysWithValues: Weather.Kind.allCases.map { ($0.rawValue, 1) })

    private func outcome(
        callsMet: Int = 50, injected: [String: Int] = all,
        methods: [String] = Tally.mutations, violations: [String] = []
    ) -> Outcome {
        Outcome(
            seed: 7, purchases: 10, fingerprint: 1, violations: violations, injected: injected,
            calls: 1_000, callsMet: callsMet,
            methods: Dictionary(uniqueKeysWithValues: methods.map { ($0, 1) }), ends: [:])
    }

    private func gaps(_ outcome: Outcome) -> [String] {
        var tally = Tally()
        tally.add(outcome)
        return tally.gaps
    }

    @Test func enoughHappened() { #expect(gaps(outcome()) == []) }

    @Test func oneCallInTwentyMustMeetAFault() {
        #expect(gaps(outcome(callsMet: 49)) == ["only 49 of 1000 calls met a fault"])
    }

    @Test func historiesMustDiffer() {
        var tally = Tally()
        for _ in 0..<2 { tally.add(outcome()) }
        #expect(tally.gaps == ["only 1 of 2 histories differ"])
    }

    @Test(arguments: Weather.Kind.allCases) func everyFaultMustHappen(_ kind: Weather.Kind) {
        let others = Self.all.filter { $0.key != kind.rawValue }
        #expect(gaps(outcome(injected: others)) == ["never: \(kind.rawValue)"])
    }

    /// A method that changes something and that nobody in the simulation calls voids every
    /// campaign.
    @Test(arguments: Tally.mutations) func everyMutationMustBeCalled(_ method: String) {
        let others = Tally.mutations.filter { $0 != method }
        #expect(gaps(outcome(methods: others)) == ["never called: \(method)"])
        #expect(Tally.mutations.count > 20)
    }

    @Test func aViolationNamesTheCommandThatShowsItAgain() {
        var tally = Tally()
        tally.add(outcome(violations: ["M-3 something"]))
        tally.trapped(9, "the process was ended by signal 4: ")
        let rows = tally.rows(replay: "prove")
        #expect(rows.first?.violations == 2 && rows.first?.replay == "prove --trace 7")
    }
}

@Suite struct OptionsTests {
    @Test func whatIsGivenIsTaken() throws {
        let options = try Options.parse(["--histories", "500", "--seed", "3", "--json"])
        #expect(options == Options(histories: 500, seed: 3, json: true))
        #expect(throws: UsageError.self) { try Options.parse(["--histories"]) }
        #expect(throws: UsageError.self) { try Options.parse(["--loud"]) }
    }
}
