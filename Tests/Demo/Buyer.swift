import Contracts
import FoundationEssentials
import Lifecycle
import RPC

/// One purchase from its first question to its end.
///
/// As long as the outcome is unknown the same purchase is asked for again under the same id: a
/// service may be dead at this moment. Once Orders has answered, the checkout is watched.
struct Buyer: Sendable {
    let offer: Offer
    let orders: Client
    let world: World

    private static let patienceMs = 120_000.0

    /// The attempt as far as it got while the buyer stands in the queue, and the checkout to watch
    /// when it has not ended by then.
    func buy(_ attempt: Attempt) async -> (Attempt, watch: CheckoutReply?) {
        var attempt = attempt
        let start = world.scheduler.uptimeNanoseconds
        let request = request(attempt)
        while elapsed(since: start) < Self.patienceMs, !Task.isCancelled {
            attempt.questions += 1
            do {
                let reply = try await orders.call(
                    OrdersAPI.purchase, request, CallOptions(timeoutMs: 10_000))
                attempt.milliseconds = elapsed(since: start)
                settle(&attempt, reply)
                return (attempt, attempt.outcome == .unknown ? reply : nil)
            } catch {
                attempt.milliseconds = elapsed(since: start)
                if settle(&attempt, error) { return (attempt, nil) }
                await pause(attempt.questions)
            }
        }
        return (attempt, nil)
    }

    /// Waits for the end of a checkout that waits for the provider, the buyer or its hold.
    func watch(_ attempt: Attempt, _ checkout: CheckoutReply) async -> Attempt {
        var attempt = attempt
        var version = checkout.version
        let before = attempt.milliseconds
        let start = world.scheduler.uptimeNanoseconds
        var failures = 0
        while attempt.outcome == .unknown, elapsed(since: start) < Self.patienceMs {
            do {
                let reply = try await orders.call(
                    OrdersAPI.watchCheckout,
                    WatchCheckoutRequest(
                        checkoutId: attempt.purchaseID, sinceVersion: version, waitMs: 10_000),
                    CallOptions(timeoutMs: 15_000))
                version = reply.version
                settle(&attempt, reply)
            } catch {
                failures += 1
                if settle(&attempt, error) { break }
                await pause(failures)
            }
        }
        attempt.milliseconds = before + elapsed(since: start)
        return attempt
    }

    private func request(_ attempt: Attempt) -> PurchaseRequest {
        PurchaseRequest(
            purchaseId: attempt.purchaseID, owner: "buyer-\(attempt.purchaseID)",
            contact: Contact(email: "buyer@example.org"), eventId: offer.eventID,
            items: attempt.lines, provider: "sim", paymentMethod: attempt.card.rawValue,
            expectedTotal: attempt.expectedTotal, waitMs: 2_000)
    }

    private func settle(_ attempt: inout Attempt, _ reply: CheckoutReply) {
        attempt.paymentID = reply.payment?.paymentId ?? reply.order?.paymentId ?? attempt.paymentID
        guard let outcome = Attempt.outcome(of: reply) else {
            attempt.reason = "\(reply.state.word) \(reply.parkReason ?? "")"
            return
        }
        attempt.outcome = outcome
        attempt.reason = outcome == .completed ? nil : reply.problem?.reason ?? reply.state.word
    }

    /// True when the error was an answer, so that nothing is left to ask.
    private func settle(_ attempt: inout Attempt, _ error: any Error) -> Bool {
        guard let error = error as? RPCError else {
            attempt.reason = "\(error)"
            return error is CancellationError
        }
        attempt.reason = error.reason.name
        guard let outcome = Attempt.outcome(of: error) else { return false }
        attempt.outcome = outcome
        return true
    }

    private func pause(_ failures: Int) async {
        let longest = UInt64(min(400, 20 << min(failures, 5)))
        try? await world.scheduler.sleep(ms: 10 + Int64(world.random.below(longest)))
    }

    private func elapsed(since start: UInt64) -> Double {
        Double(world.scheduler.uptimeNanoseconds - start) / 1_000_000
    }
}
