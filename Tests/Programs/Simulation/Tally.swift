import Contracts
import FoundationEssentials
import RPC

/// The sum of many histories.
struct Tally: Sendable {
    private(set) var histories = 0
    private(set) var purchases = 0
    private(set) var calls = 0
    private(set) var callsMet = 0
    private(set) var injected: [String: Int] = [:]
    private(set) var ends: [String: Int] = [:]
    private(set) var methods: [String: Int] = [:]
    private var fingerprints: Set<UInt64> = []
    private(set) var violations: [(seed: UInt64, what: String)] = []

    mutating func add(_ outcome: Outcome) {
        histories += 1
        purchases += outcome.purchases
        fingerprints.insert(outcome.fingerprint)
        calls += outcome.calls
        callsMet += outcome.callsMet
        injected.merge(outcome.injected, uniquingKeysWith: +)
        ends.merge(outcome.ends, uniquingKeysWith: +)
        methods.merge(outcome.methods, uniquingKeysWith: +)
        violations += outcome.violations.map { (outcome.seed, $0) }
    }

    mutating func trapped(_ seed: UInt64, _ what: String) { violations.append((seed, what)) }

    /// Why zero violations would mean nothing; empty when they mean something.
    var gaps: [String] {
        var gaps: [String] = []
        if callsMet * 20 < calls { gaps.append("only \(callsMet) of \(calls) calls met a fault") }
        if fingerprints.count * 20 < histories * 19 {
            gaps.append("only \(fingerprints.count) of \(histories) histories differ")
        }
        let kinds = Weather.Kind.allCases.filter { !SharedServer.spares.contains($0) }
        gaps += kinds.filter { injected[$0.rawValue] == nil }.map { "never: \($0.rawValue)" }
        gaps += Self.mutations.filter { methods[$0] == nil }.map { "never called: \($0)" }
        return gaps
    }

    /// Every method that changes something, of every service.
    static let mutations = (InventoryAPI.methods + OrdersAPI.methods + PaymentsAPI.methods)
        .filter { $0.kind == "mutation" }.map(\.name)

    // MARK: For people and programs

    struct Row: Encodable {
        let `class`: String
        let injected: Int
        let checked: String
        let runs: Int
        let violations: Int
        let replay: String
    }

    /// One row a kind of fault. A violation belongs to a history, and so to all that went wrong in
    /// it: it is counted in the first row.
    func rows(replay command: String) -> [Row] {
        let kinds = Weather.Kind.allCases.filter { !SharedServer.spares.contains($0) }.map {
            (SharedServer.prefix + "simulated: " + $0.rawValue, injected[$0.rawValue] ?? 0)
        }
        let checked =
            "\(purchases) purchases in \(histories) histories, "
            + "\(callsMet) of \(calls) calls met a fault"
        let replay = violations.first.map { "\(command) --trace \($0.seed)" } ?? ""
        return [
            Row(
                class: SharedServer.prefix + "simulated histories",
                injected: injected.values.reduce(0, +),
                checked: checked, runs: purchases, violations: violations.count, replay: replay)
        ]
            + kinds.map {
                Row(
                    class: $0.0, injected: $0.1, checked: "as above", runs: purchases,
                    violations: 0, replay: "")
            }
    }
}

/// How soon a campaign that ends with the first violation found it.
struct FirstViolation: Encodable {
    /// Up to the end of the history that was violated, or in all.
    let purchases: Int
    let seed: UInt64?
    let what: String?

    init(_ tally: Tally) {
        purchases = tally.purchases
        seed = tally.violations.first?.seed
        what = tally.violations.first?.what
    }
}

/// Seeds whose histories were violated once. What they draw changes with the code, so each is only
/// a history more; what it found has a test of its own.
enum Regressions {
    static let seeds: [UInt64] = [495, 509, 1818]
}
