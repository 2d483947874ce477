import Wire

/// What the run comes to: a row for each class of faults.
struct Table: Sendable {
    private struct Row {
        let fault: Fault
        var injected = 0
        var runs = 0
        var violations = 0
        var replay = ""
        var checked: Int64 = 0
    }

    private let rows: [Row]
    private let kills: Int
    let violations: Int

    init(_ reports: [Round.Report], _ options: Options) {
        violations = reports.reduce(0) { $0 + $1.findings.count }
        kills = reports.reduce(0) { $0 + $1.toll.kills }
        rows = Fault.allCases.map { fault in
            var row = Row(fault: fault)
            for report in reports {
                guard let count = report.toll.injected[fault] else { continue }
                row.injected += count
                row.runs += 1
                row.checked += report.verdict.checked
                row.violations += report.findings.count
                if row.replay.isEmpty, !report.findings.isEmpty {
                    row.replay = "deploy/chaos --seed \(report.seed) --only \(report.lane)"
                }
            }
            return row
        }
    }

    var json: String {
        rows.map { row in
            Value.map([
                ("class", .text(row.fault.rawValue)), ("injected", .integer(Int64(row.injected))),
                ("checked", .text(checked(row))), ("runs", .integer(Int64(row.runs))),
                ("violations", .integer(Int64(row.violations))), ("replay", .text(row.replay)),
            ]).json
        }.joined(separator: "\n")
    }

    var text: String {
        let width = rows.map(\.fault.rawValue.count).max() ?? 0
        return rows.map { row in
            let name = row.fault.rawValue
            return name + String(repeating: " ", count: width - name.count)
                + "  \(row.injected) in \(row.runs) rounds, \(row.violations) violations"
                + (row.replay.isEmpty ? "" : ": \(row.replay)")
        }.joined(separator: "\n") + "\n\(kills) processes ended by SIGKILL"
    }

    private func checked(_ row: Row) -> String {
        guard row.injected > 0 else { return "not run" }
        return "\(row.checked) comparisons of the four databases with the callers' log"
    }
}
