import Contracts
import RPC
import Text
import Wire

/// Why the last attempt to pay failed: a reason of ours, and what the provider said of it, such as
/// `insufficient_funds` or `unknown_token`. One text in the checkout's row.
struct PaymentTrouble {
    let reason: String
    let why: String?

    init(reason: String, why: String?) {
        self.reason = reason
        self.why = why
    }

    init(_ error: RPCError) {
        reason = error.reason.name
        switch error.detail["reason"] {
        case .text(let why): self.why = why
        default: why = nil
        }
    }

    init(text: String) {
        let parts = text.split(separator: " ", maxSplits: 1)
        reason = parts.first.map(String.init) ?? ""
        why = parts.count > 1 ? String(parts[1]) : nil
    }

    var text: String { why.map { "\(reason) \($0)" } ?? reason }

    var problem: CheckoutProblem {
        CheckoutProblem(
            reason: reason,
            message: why.map { "the provider says \($0.quoted)" } ?? "the last attempt failed")
    }
}
