/// One class of faults.
protocol Campaign: Sendable {
    /// Runs of a CI run.
    var runs: Int { get }
    /// One history; the same index and seed give the same one.
    func run(_ index: Int, seed: UInt64) throws -> Outcome
    /// What was checked, in words.
    func checked(_ total: Outcome) -> String
}

/// What came of one run, or of all together.
struct Outcome: Sendable {
    /// Faults that really struck.
    var injected = 0
    /// What is wrong: one violation each.
    var findings: [String] = []
    /// Other things that were counted.
    var counts: [String: Int] = [:]

    static func += (left: inout Outcome, right: Outcome) {
        left.injected += right.injected
        left.findings += right.findings
        left.counts.merge(right.counts, uniquingKeysWith: +)
    }

    func count(_ name: String) -> Int { counts[name] ?? 0 }
}
