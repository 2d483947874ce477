internal import Contracts
internal import RPC
internal import Wire

extension AnyMethod {
    /// The method in one line of a list.
    func line(width: Int) -> String {
        name + String(repeating: " ", count: max(0, width - name.count)) + "  " + summary
    }

    /// The method with everything a caller needs to know.
    var description: String {
        let roles = callers.map(\.name).sorted().joined(separator: ", ")
        return """
            \(name) (\(kind)): \(summary)
            callers: \(roles)
            a buyer as the actor may call it: \(ownership.summary)

            request
            \(indented(request.summary))

            reply
            \(indented(reply.summary))
            """
    }

}

extension Reason {
    /// Every reason in one line, in its groups.
    static var table: String {
        let width = all.map(\.name.count).max() ?? 0
        return groups.map { title, reasons in
            title + "\n"
                + reasons.map { reason in
                    let space = String(repeating: " ", count: max(0, width - reason.name.count))
                    return "  \(reason.name)\(space)  \(reason.sentence)"
                }.joined(separator: "\n")
        }.joined(separator: "\n\n")
    }

    var description: String {
        """
        \(name) (\(code.name), \(outcome.rawValue)): \(sentence)

        detail
        \(indented((detail ?? []).summary))
        """
    }
}

extension RPCLimits {
    /// Every bound in one line.
    var table: String {
        let width = published.map(\.name.count).max() ?? 0
        let digits = published.map { String($0.value).count }.max() ?? 0
        return published.map { limit in
            let value = String(limit.value)
            return limit.name + String(repeating: " ", count: width - limit.name.count + 2)
                + String(repeating: " ", count: digits - value.count) + value + "  " + limit.note
        }.joined(separator: "\n")
    }
}

private func indented(_ text: String) -> String {
    guard !text.isEmpty else { return "  nothing" }
    return text.split(separator: "\n").map { "  " + $0 }.joined(separator: "\n")
}
