import Contracts
import RPC
import Wire

/// `Shared/Contracts/reasons.md`, made from the one table of reasons.
enum ReasonPage {
    static let text =
        """
        # Why a call fails

        An error's `reason` is stable. Its `code` is one of gRPC's status names; its `outcome` says
        whether anything may have happened: what is *refused* was not done and will be refused
        again, what is *unknown* may have been done, and only the same request under the same id
        tells, unless `executed` is false. `detail` has the fields below; a reader takes no offence
        at more of them. Orders passes on what Inventory and Payments refuse, in the words of its
        own requests. Made from the table of reasons; a test keeps it so.

        """ + Reason.groups.map(section).joined()

    private static func section(_ title: String, _ reasons: [Reason]) -> String {
        let rows = reasons.map(row).joined(separator: "\n")
        return """

            ## \(title)

            | reason | code | outcome | what happened, what to do | detail |
            |---|---|---|---|---|
            \(rows)

            """
    }

    private static func row(_ reason: Reason) -> String {
        let detail = (reason.detail ?? []).map { field in
            "`\(field.name)\(field.isRequired ? "" : "?")` \(field.note)\(words(field.type))"
        }.joined(separator: "; ")
        return "| \(reason.name) | \(reason.code.name) | \(reason.outcome.rawValue) "
            + "| \(reason.sentence) | \(detail) |"
    }

    private static func words(_ type: FieldType) -> String {
        switch type {
        case .word(let words): " (\(words.joined(separator: ", ")))"
        case .list(let element, _): words(element)
        default: ""
        }
    }
}
