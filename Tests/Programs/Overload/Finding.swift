/// One thing that was compared with what must hold, in words and figures.
struct Check: Sendable {
    let holds: Bool
    let what: String
    /// A figure may suffer from whoever else uses the machine, so that it is measured again; what
    /// must always hold is not.
    let isFigure: Bool

    static func always(_ holds: Bool, _ what: String) -> Check {
        Check(holds: holds, what: what, isFigure: false)
    }

    static func figure(_ holds: Bool, _ what: String) -> Check {
        Check(holds: holds, what: what, isFigure: true)
    }
}

/// What one class of faults came to.
struct Finding: Sendable {
    var injected: Int
    var checks: [Check]
    /// What explains the figures, without being held against anything.
    var notes: [String] = []

    var violations: [Check] { checks.filter { !$0.holds } }

    /// Whether another look may help.
    var isUnlucky: Bool { !violations.isEmpty && violations.allSatisfy(\.isFigure) }

    var text: String {
        (checks.map { ($0.holds ? "" : "VIOLATED: ") + $0.what } + notes).joined(separator: "; ")
    }
}

extension Double {
    /// Without digits that mean nothing.
    var short: String {
        self >= 100 ? "\(Int(rounded()))" : "\((self * 10).rounded() / 10)"
    }

    var percent: String { "\(Int((self * 100).rounded())) %" }
}
