import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Stage
import Support

/// What a buyer asked for, and what they were told.
struct Receipt: Sendable {
    enum Answer: Sendable, Hashable {
        /// The order as it was shown to the buyer.
        case done(OrderReply)
        case refused(String)
        /// Asked again and again, without an end.
        case none
    }

    let request: PurchaseRequest
    let answer: Answer
}

/// A buyer at a gateway, who asks again under the same id until there is an answer.
struct Buyer: Sendable {
    /// An hour of their time; every service is back much earlier.
    private static let patienceMs: Int64 = 3_600_000
    private static let pauseMs: Int64 = 200

    let machines: Machines

    func buy(_ request: PurchaseRequest) async throws -> Receipt {
        let scheduler = machines.stage.test.scheduler
        let limit = scheduler.uptimeNanoseconds + UInt64(Self.patienceMs) * 1_000_000
        while scheduler.uptimeNanoseconds < limit, machines.broken == nil {
            let answer = await ask(request)
            if answer != .none { return Receipt(request: request, answer: answer) }
            try await scheduler.sleep(ms: Self.pauseMs)
        }
        return Receipt(request: request, answer: .none)
    }

    func ask(_ request: PurchaseRequest) async -> Receipt.Answer {
        do {
            let reply = try await machines.stage.caller("gateway", to: "orders").call(
                OrdersAPI.purchase, request, CallOptions(timeoutMs: 25_000))
            if reply.state == .completed, let order = reply.order { return .done(order) }
            return reply.state.isTerminal ? .refused(reply.state.word) : .none
        } catch let error as RPCError where error.isRefusal {
            return .refused(error.reason.name)
        } catch {
            return .none
        }
    }
}
