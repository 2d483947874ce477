import Processes
import Testing
import Wire

@testable import Demo

struct ReportTests {
    private func report(
        _ outcomes: [Outcome], violations: [String] = []
    ) throws -> Report {
        let sale = try SampleSale()
        var attempts: [Attempt] = []
        for (index, outcome) in outcomes.enumerated() {
            var attempt = sale.attempt(outcome)
            attempt.milliseconds = Double(index + 1)
            attempt.endedAt = Double(index + 1) / 2
            attempts.append(attempt)
        }
        return Report(
            offer: sale.offer, attempts: attempts, seconds: 2,
            kills: [
                .init(victim: "orders", proof: "answered again after", sold: 3, recoveryMs: 420)
            ],
            findings: Findings(),
            verification: .init(checked: 7, violations: violations))
    }

    private static let soldOut = [Outcome](repeating: .completed, count: 5)

    @Test func theJSONHasExactlyItsFields() throws {
        let report = try report(Self.soldOut + [.declined, .refused])
        guard case .map(let entries) = try Value(json: Self.whole(report.json)) else {
            Issue.record("no object: \(report.json)")
            return
        }
        #expect(
            entries.map(\.0) == [
                "capacity", "sold", "attempts", "completed", "declined", "refused", "expired",
                "cancelled", "refunded", "unknown", "kills", "invariantsChecked", "violations",
                "purchasesPerSecond", "p50Ms", "p99Ms",
            ])
        let numbers = entries.map { $0.1 }
        #expect(numbers[0...5] == ArraySlice([5, 5, 7, 5, 1, 1].map { Value.integer($0) }))
        #expect(numbers[10...12] == ArraySlice([1, 7, 0].map { Value.integer($0) }))
        #expect(report.json.hasSuffix("Second\": 2.0, \"p50Ms\": 3.00, \"p99Ms\": 5.00}"))
    }

    /// The parser of the wire's profile takes no fractions.
    private static func whole(_ json: String) -> String {
        json.replacing(/\.[0-9]+/, with: "")
    }

    @Test func onlyAPerfectSaleIsASuccess() throws {
        #expect(try report(Self.soldOut).isSuccess)
        #expect(try report(Self.soldOut + [.declined, .expired]).isSuccess)
        #expect(try !report(Self.soldOut + [.unknown]).isSuccess)
        #expect(try !report(Array(Self.soldOut.dropLast())).isSuccess)
        #expect(try !report(Self.soldOut + [.completed]).isSuccess)
        #expect(try !report(Self.soldOut, violations: ["C-1"]).isSuccess)
    }

    @Test func theTextSaysWhatMatters() throws {
        let good = try report(Self.soldOut).text
        #expect(good.contains("sold out in 2.00 s"))
        #expect(good.contains("answered again after 420.0 ms"))
        #expect(good.contains("nobody charged without a ticket"))
        let bad = try report(Self.soldOut, violations: ["C-1 is broken"]).text
        #expect(bad.contains("! C-1 is broken"))
        #expect(bad.contains("FAILED"))
    }

    @Test func percentilesAreTheNearestRank() throws {
        let report = try report([Outcome](repeating: .completed, count: 100))
        #expect(report.latency(0.5) == 50)
        #expect(report.latency(0.99) == 99)
        #expect(report.json.contains("\"p50Ms\": 50.00"))
        #expect(try self.report([.declined]).latency(0.5) == 0)
        #expect(try self.report([.declined]).purchasesPerSecond == 0)
    }
}
