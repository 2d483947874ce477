import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Saga
import Storage

/// What staff see of sagas, and do about those that are parked.
extension OrdersService {
    func registerDesk(on router: inout Router) {
        router.handle(OrdersAPI.getSaga, saga)
        router.handle(OrdersAPI.retrySaga, retry)
        router.handle(OrdersAPI.resolveSaga, resolve)
    }

    func saga(_ request: GetSagaRequest, _ call: CallContext) async throws -> SagaReply {
        let id = request.checkoutId
        let checkout = try await found(id, for: call)
        let (history, next) = try await queries.history(request)
        let now = database.now
        return SagaReply(
            checkoutId: id, state: checkout.state, step: checkout.step?.step,
            direction: checkout.step?.direction.rawValue, attempt: checkout.step?.attempt ?? 0,
            epoch: checkout.driver,
            nextRunInMs: checkout.nextRunAt.map { max(0, now.millisecondsUntil($0)) },
            trouble: checkout.trouble, parkReason: checkout.parked?.reason,
            history: history, next: next)
    }

    func retry(_ request: RetrySagaRequest, _ call: CallContext) async throws -> SagaReply {
        let after = try await checkouts.change(
            request.checkoutId, "RESOLVED", because: "retry", call
        ) {
            try Resolution.retry($0, now: $1)
        }
        world.log.warning("saga.retried", ["order": after.id, "by": call.caller])
        runner.moved(after)
        return try await saga(GetSagaRequest(checkoutId: request.checkoutId), call)
    }

    func resolve(
        _ request: ResolveSagaRequest, _ call: CallContext
    ) async throws -> ResolveSagaReply {
        guard request.reason.contains(where: { !$0.isWhitespace }) else {
            throw RPCError(.reasonRequired, "say why, for those who read the history")
        }
        let before = try await found(request.checkoutId, for: call)
        let plan = Resolution.plan(request.decision, before)
        let decision = request.decision
        if request.dryRun == true {
            let after = try Resolution.resolve(before, decision, now: database.now)
            return ResolveSagaReply(
                checkoutId: before.id, state: after.state, plan: plan, isApplied: false)
        }
        let after = try await checkouts.change(
            request.checkoutId, "RESOLVED", because: request.reason, call
        ) {
            try Resolution.resolve($0, decision, now: $1)
        }
        world.log.warning(
            "saga.resolved",
            [
                "order": after.id, "by": call.caller, "decision": decision.word,
                "reason": request.reason,
            ])
        runner.moved(after)
        return ResolveSagaReply(
            checkoutId: after.id, state: after.state, plan: plan, isApplied: true)
    }
}
