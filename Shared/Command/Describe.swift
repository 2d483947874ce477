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

            request
            \(indented(request.summary))

            reply
            \(indented(reply.summary))
            """
    }

    private func indented(_ text: String) -> String {
        guard !text.isEmpty else { return "  nothing" }
        return text.split(separator: "\n").map { "  " + $0 }.joined(separator: "\n")
    }
}
