import Lifecycle
import Processes

/// One class of faults: what is done to the services, and what must hold meanwhile and after.
struct Section: Sendable {
    /// As `--only` names it.
    let name: String
    /// As the table names it.
    let title: String
    /// How `sim` behaves, beside its seed; sections that agree share their services.
    var sim = ""
    let run: @Sendable (Rig) async throws -> Finding

    static let all =
        [Tenfold.sections[0], Tenfold.sections[1], OneKey.section, HotPool.section]
        + Abuse.sections + [Storm.section, Tenfold.sections[2]]

    private static let mostLooks = 3

    /// The machine may be anyone's: a figure that misses its mark is measured again, twice at most,
    /// and the best counts, which the row says. A fault of the product misses all three, and what
    /// must always hold is not asked twice.
    func look(_ rig: Rig) async throws -> Finding {
        var best: Finding?
        for number in 1...Self.mostLooks {
            var finding = try await run(rig)
            if number > 1 { finding.notes.append("look \(number) of \(Self.mostLooks)") }
            complain("overload: \(title): \(finding.text)")
            if !finding.isUnlucky { return finding }
            if finding.violations.count < best?.violations.count ?? .max { best = finding }
        }
        return best ?? Finding(injected: 0, checks: [])
    }
}
