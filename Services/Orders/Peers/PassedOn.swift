import Contracts
import RPC
import Wire

extension RPCError {
    /// What a peer refused, in the words of the request that the buyer's side has made: a field
    /// that Orders had filled is called by the name of the one that it was filled from. What names
    /// nothing of that request is no fault of the caller's, and is told as what it is.
    func passedOn(to request: [Field]) -> RPCError {
        guard reason == .invalidArgument, case .array(let told)? = detail["fields"] else {
            return self
        }
        let problems = told.compactMap { FieldProblem($0)?.renamed }.filter { problem in
            let name = problem.field.prefix { $0 != "." && $0 != "[" }
            return request.contains { $0.name == name }
        }
        return problems.isEmpty ? .notUnderstood(self) : .invalid(problems)
    }

    /// A peer refuses what Orders should not have asked.
    static func notUnderstood(_ error: RPCError) -> RPCError {
        RPCError(.peerIncompatible, "a service behind Orders refused it: \(error.reason.name)")
    }
}

/// A peer that is asked on behalf of somebody else, who is not told a refusal as if it were of
/// their own call.
struct PeerCaller: Caller {
    let peer: any Caller

    func call<Request, Reply>(
        _ method: Method<Request, Reply>, _ request: Request, _ options: CallOptions
    ) async throws -> Reply {
        do { return try await peer.call(method, request, options) } catch let error as RPCError {
            guard error.isRefusal, error.code != .notFound else { throw error }
            throw RPCError.notUnderstood(error)
        }
    }
}

extension FieldProblem {
    /// The fields of a purchase by the names that they have in Inventory's Reserve and in Payments'
    /// CreatePayment.
    private static let names = ["lines": "items", "ttlMs": "holdTtlMs", "amount": "items"]

    fileprivate init?(_ value: Value) {
        guard case .text(let field)? = value["field"], case .text(let problem)? = value["problem"]
        else { return nil }
        self.init(field: field, problem: problem)
    }

    fileprivate var renamed: FieldProblem {
        for (theirs, ours) in Self.names where field == theirs || field.hasPrefix(theirs + "[") {
            return FieldProblem(field: ours + field.dropFirst(theirs.count), problem: problem)
        }
        // An amount is the sum of what is bought: its parts have no field of their own.
        guard field.hasPrefix("amount.") else { return self }
        return FieldProblem(field: "items", problem: "cost what cannot be paid: \(problem)")
    }
}

extension [Field] {
    /// What the two ways to begin a purchase ask, and what a payment asks.
    static let ofPurchases = PurchaseRequest.fields + CreateCheckoutRequest.fields
    static let ofPayments = StartPaymentRequest.fields
}
