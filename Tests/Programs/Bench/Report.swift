/// One figure: the median of several runs, beside its baseline measured in the same runs.
struct Figure {
    let name: String
    /// What is counted, such as `ops/s`.
    let unit: String
    let runs: [Double]
    /// The same on something known, one for each run; empty where there is none.
    var baselines: [Double] = []
    var isHigherBetter = true

    /// Of what is better when it is lower.
    static func lower(
        _ name: String, _ unit: String, _ runs: [Double], baselines: [Double] = []
    ) -> Figure {
        Figure(name: name, unit: unit, runs: runs, baselines: baselines, isHigherBetter: false)
    }

    var value: Double { runs.median }
    var baseline: Double? { baselines.isEmpty ? nil : baselines.median }
    var ratio: Double? { baseline.flatMap { $0 > 0 ? value / $0 : nil } }

    /// One JSON object a line.
    var json: String {
        let ends = (runs.min() ?? 0, runs.max() ?? 0)
        return """
            {"name":"\(name)","value":\(value.rounded2),"unit":"\(unit)",\
            "baseline":\(baseline?.rounded2 ?? "null"),"ratio":\(ratio?.rounded2 ?? "null"),\
            "better":"\(isHigherBetter ? "higher" : "lower")","runs":\(runs.count),\
            "min":\(ends.0.rounded2),"max":\(ends.1.rounded2)}
            """
    }

    /// A line for people.
    var text: String {
        let spread = "\((runs.min() ?? 0).grouped) to \((runs.max() ?? 0).grouped)"
        let against =
            baseline.map { "  \((ratio ?? 0).rounded2) x baseline \($0.grouped)" } ?? ""
        return name.padded(30) + value.grouped.leftPadded(14) + " " + unit.padded(10)
            + " (\(spread), \(runs.count) runs)" + against
    }
}

extension [Double] {
    var median: Double { isEmpty ? 0 : sorted()[count / 2] }
}

extension Double {
    var rounded2: String { "\((self * 100).rounded() / 100)" }

    /// With a space between thousands.
    var grouped: String {
        guard abs(self) >= 1_000 else { return rounded2 }
        var digits = Array("\(Int64(rounded()))")
        var index = digits.count - 3
        while index > 0 {
            digits.insert(" ", at: index)
            index -= 3
        }
        return String(digits)
    }
}

extension String {
    func padded(_ width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - count))
    }

    func leftPadded(_ width: Int) -> String {
        String(repeating: " ", count: max(0, width - count)) + self
    }
}
