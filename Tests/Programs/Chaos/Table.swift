import Wire

/// What the run comes to: a row for each class of faults.
struct Table: Sendable {
    private struct Row {
        let harm: Harm
        let isOnPostgreSQL: Bool
        var injected = 0
        var runs = 0
        var violations = 0
        var replay = ""
        var checked: Int64 = 0
        var lines = 0
        var planted: Int64 = 0
        /// How often each place was died at.
        var places: [String: Int] = [:]

        mutating func add(_ report: Round.Report) {
            guard let count = report.toll.injected[harm] else { return }
            injected += count
            runs += 1
            checked += report.verdict.checked
            lines += report.attempts
            planted += report.planted
            places.merge(report.toll.places, uniquingKeysWith: +)
            violations += report.findings.count
            if replay.isEmpty, !report.findings.isEmpty {
                let place = isOnPostgreSQL ? " --database postgresql" : ""
                replay = "deploy/chaos --seed \(report.seed) --only \(report.lane)\(place)"
            }
        }

        var name: String { (isOnPostgreSQL ? "PostgreSQL: " : "") + harm.rawValue }

        var whatWasChecked: String {
            guard injected > 0 else { return "not run: \(obstacle ?? "not in these rounds")" }
            var text = ""
            if harm == .killAtStep, let least = places.values.min() {
                text = "\(places.count) places of all sagas, each at least \(least) times; "
            }
            if harm == .drain { text = "on a sound network no outcome was unknown by it; " }
            return text + "\(checked) comparisons of databases, provider and \(lines) lines of the "
                + "callers' log; \(planted) planted corruptions found"
        }

        private var obstacle: String? {
            switch harm {
            case .clockJump where Clocks.library == nil: "needs the package faketime"
            case .partition, .oneWay: PrivateNetwork.obstacle
            default: nil
            }
        }
    }

    private let rows: [Row]
    private let kills: Int
    let violations: Int

    init(_ reports: [Round.Report], isOnPostgreSQL: Bool) {
        violations = reports.reduce(0) { $0 + $1.findings.count }
        kills = reports.reduce(0) { $0 + $1.toll.kills }
        let harms = Harm.allCases.filter { isOnPostgreSQL || $0 != .databaseCrash }
        rows = harms.map { harm in
            var row = Row(harm: harm, isOnPostgreSQL: isOnPostgreSQL)
            for report in reports { row.add(report) }
            return row
        }
    }

    var json: String {
        rows.map { row in
            Value.map([
                ("class", .text(row.name)), ("injected", .integer(Int64(row.injected))),
                ("checked", .text(row.whatWasChecked)), ("runs", .integer(Int64(row.runs))),
                ("violations", .integer(Int64(row.violations))), ("replay", .text(row.replay)),
            ]).json
        }.joined(separator: "\n")
    }

    var text: String {
        let width = rows.map(\.name.count).max() ?? 0
        let lines = rows.map { row in
            let name = row.name
            let gap = String(repeating: " ", count: width - name.count)
            guard row.injected > 0 else { return "\(name)\(gap)  \(row.whatWasChecked)" }
            return "\(name)\(gap)  \(row.injected) in \(row.runs) rounds, "
                + "\(row.violations) violations \(row.replay)"
        }
        return lines.joined(separator: "\n") + "\n\(kills) processes ended by SIGKILL"
    }
}
