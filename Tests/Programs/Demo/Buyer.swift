import Contracts
import FoundationEssentials
import Lifecycle
import RPC

/// One purchase from its first question to its end.
///
/// As long as a question has no answer it is asked again under the same ids: a service may be dead
/// at this moment.
struct Buyer: Sendable {
    let offer: Offer
    let orders: Client
    let world: World

    /// How much longer than the hold lasts a buyer stays.
    private static let patienceMs: Int64 = 90_000
    private static let options = CallOptions(timeoutMs: 10_000)

    /// What the buyer does while they stand in the queue: buy, or reserve.
    func arrive(_ attempt: Attempt) async -> Visit {
        var visit = Visit(attempt, start: now)
        let refusal =
            attempt.role == .oneCall ? await purchase(&visit) : await reserve(&visit)
        if let refusal { visit.end(refusal, at: now) }
        return visit
    }

    /// What they do afterwards, until the checkout has ended.
    func stay(_ visit: Visit) async -> Attempt {
        var visit = visit
        for move in visit.attempt.role.moves where !visit.isOver { await make(move, &visit) }
        while !visit.isOver, isPatient(visit) { await watch(&visit) }
        return visit.attempt
    }

    private func make(_ move: Move, _ visit: inout Visit) async {
        switch move {
        case .think: await rest(ms: visit.attempt.thinkMs)
        case .leave(let untilMs):
            let now = now
            let ends = max(visit.holdEnds ?? 0, now)
            await rest(ms: max(0, Int64((ends - now) / 1_000_000) - untilMs))
        case .pay(let card, let mode, let waitMs): await pay(&visit, card, mode, waitMs)
        case .cancel: await cancel(&visit)
        }
    }

    // MARK: Questions

    private func purchase(_ visit: inout Visit) async -> RPCError? {
        let attempt = visit.attempt
        let request = PurchaseRequest(
            purchaseId: attempt.purchaseID, owner: "buyer-\(attempt.purchaseID)",
            contact: Self.contact, eventId: offer.eventID, items: attempt.lines, provider: "sim",
            paymentMethod: attempt.card.rawValue, expectedTotal: attempt.expectedTotal,
            waitMs: 2_000)
        return await ask(&visit) {
            try await orders.call(OrdersAPI.purchase, request, Self.options)
        }
    }

    private func reserve(_ visit: inout Visit) async -> RPCError? {
        let attempt = visit.attempt
        let request = CreateCheckoutRequest(
            checkoutId: attempt.purchaseID, owner: "buyer-\(attempt.purchaseID)",
            contact: Self.contact, eventId: offer.eventID, items: attempt.lines,
            expectedTotal: attempt.expectedTotal, holdTtlMs: attempt.role.holdMs, waitMs: 2_000)
        return await ask(&visit) {
            try await orders.call(OrdersAPI.createCheckout, request, Self.options)
        }
    }

    private func pay(
        _ visit: inout Visit, _ card: Card, _ mode: CaptureMode, _ waitMs: Int64
    ) async {
        let request = StartPaymentRequest(
            checkoutId: visit.attempt.purchaseID, attemptId: world.newID(), provider: "sim",
            captureMode: mode, paymentMethod: card.rawValue, waitMs: waitMs)
        let refusal = await ask(&visit) {
            try await orders.call(OrdersAPI.startPayment, request, Self.options)
        }
        // The checkout has ended meanwhile, or money may still come of the payment before.
        let expected: [Reason] = [.checkoutExpired, .checkoutState, .livePaymentExists]
        if let refusal, !expected.contains(refusal.reason) { visit.end(refusal, at: now) }
    }

    private func cancel(_ visit: inout Visit) async {
        let request = CancelCheckoutRequest(
            checkoutId: visit.attempt.purchaseID, reason: "the buyer thinks better of it",
            waitMs: 2_000)
        let refusal = await ask(&visit) {
            try await orders.call(OrdersAPI.cancelCheckout, request, Self.options)
        }
        if let refusal, refusal.reason != .tooLateUseRefund { visit.end(refusal, at: now) }
    }

    private func watch(_ visit: inout Visit) async {
        let request = WatchCheckoutRequest(
            checkoutId: visit.attempt.purchaseID, sinceVersion: visit.version, waitMs: 8_000)
        let refusal = await ask(&visit) {
            try await orders.call(OrdersAPI.watchCheckout, request, Self.options)
        }
        if let refusal { visit.end(refusal, at: now) }
    }

    /// Asks until there is an answer, which the visit remembers.
    ///
    /// - Returns: the answer when it is a refusal.
    private func ask(
        _ visit: inout Visit, _ question: () async throws -> CheckoutReply
    ) async -> RPCError? {
        var failures = 0
        while isPatient(visit), !Task.isCancelled {
            do {
                visit.note(try await question(), at: now)
                return nil
            } catch let error as RPCError where error.isRefusal {
                return error
            } catch {
                visit.attempt.reason = "\(error)"
                visit.attempt.repeats += 1
                failures += 1
                let longest = UInt64(min(400, 20 << min(failures, 5)))
                await rest(ms: 10 + Int64(world.random.below(longest)))
            }
        }
        return nil
    }

    // MARK: Time

    private static let contact = Contact(email: "buyer@example.org")

    private var now: UInt64 { world.scheduler.uptimeNanoseconds }

    private func isPatient(_ visit: Visit) -> Bool {
        let patienceMs = UInt64(offer.holdMs + Self.patienceMs)
        return now - visit.start < patienceMs * 1_000_000 && !Task.isCancelled
    }

    private func rest(ms: Int64) async { try? await world.scheduler.sleep(ms: ms) }
}
