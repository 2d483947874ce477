import Contracts
import Processes

/// The whole result, from which both the text for people and the JSON are made.
struct Report: Sendable {
    let offer: Offer
    let attempts: [Attempt]
    let seconds: Double
    let kills: [Killer.Kill]
    let findings: Findings
    let verification: Verification.Result

    var sold: Int64 {
        attempts.reduce(0) { $1.outcome == .completed ? $0 + $1.quantity : $0 }
    }

    func count(_ outcome: Outcome) -> Int { attempts.count { $0.outcome == outcome } }

    var invariantsChecked: Int64 { findings.checked + verification.checked }
    var violations: [String] { findings.problems + verification.violations }

    /// Completed purchases a second, in one call or step by step, kills included, until 95 of 100
    /// tickets were sold, without the time in which every ticket was held or sold.
    var purchasesPerSecond: Double {
        var (purchases, sold) = (0, Int64(0))
        for attempt in completed.sorted(by: { $0.endedAt < $1.endedAt }) {
            purchases += 1
            sold += attempt.quantity
            if sold * 100 >= offer.places * 95 {
                return attempt.endedAt > 0 ? Double(purchases) / attempt.endedAt : 0
            }
        }
        return 0
    }

    var completed: [Attempt] { attempts.filter { $0.outcome == .completed } }

    /// Everything was sold, once, to people who know it and paid for it.
    var isSuccess: Bool {
        sold == offer.places && violations.isEmpty && count(.unknown) == 0
    }

    /// Milliseconds below which this share of the completed purchases in one call took, kills
    /// included; 0 without any. Without `every`, only those whose card makes nobody wait.
    func latency(_ share: Double, every: Bool = false) -> Double {
        let sorted = completed.filter { $0.role == .oneCall && (every || $0.card == .good) }
            .map(\.milliseconds).sorted()
        guard !sorted.isEmpty else { return 0 }
        let rank = Int((share * Double(sorted.count)).rounded(.up))
        return sorted[max(0, min(sorted.count - 1, rank - 1))]
    }

    var json: String {
        var fields: [(String, String)] = [
            ("capacity", "\(offer.places)"), ("sold", "\(sold)"), ("attempts", "\(attempts.count)"),
        ]
        fields += Outcome.allCases.map { ($0.rawValue, "\(count($0))") }
        fields += [
            ("kills", "\(kills.count)"), ("invariantsChecked", "\(invariantsChecked)"),
            ("violations", "\(violations.count)"),
            ("purchasesPerSecond", Figures.decimal(purchasesPerSecond, 1)),
            ("p50Ms", Figures.decimal(latency(0.5), 2)),
            ("p99Ms", Figures.decimal(latency(0.99), 2)),
        ]
        return "{" + fields.map { "\"\($0)\": \($1)" }.joined(separator: ", ") + "}"
    }
}
