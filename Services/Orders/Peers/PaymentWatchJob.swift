import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Saga
import Synchronization

/// The checkouts of this process that wait for a payment. Those beyond `most` are found by their
/// next poll.
final class AwaitedPayments: Sendable {
    static let most = 10_000

    private struct State {
        /// By the payment, and the payment by the checkout.
        var checkouts: [UUID: UUID] = [:]
        var payments: [UUID: UUID] = [:]
        var sleeper: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    /// Takes note of a checkout as it was just committed.
    func note(_ checkout: Checkout) {
        let isAwaited = checkout.state == .paying && checkout.payment.live != nil
        let sleeper: CheckedContinuation<Void, Never>? = state.withLock { state in
            if let payment = state.payments.removeValue(forKey: checkout.id) {
                state.checkouts[payment] = nil
            }
            guard isAwaited, state.checkouts.count < Self.most else { return nil }
            state.checkouts[checkout.paymentID] = checkout.id
            state.payments[checkout.id] = checkout.paymentID
            return state.sleeper.take()
        }
        sleeper?.resume()
    }

    func checkout(of payment: UUID) -> UUID? { state.withLock { $0.checkouts[payment] } }

    var all: [UUID] { state.withLock { $0.checkouts }.values.sorted() }

    var isEmpty: Bool { state.withLock { $0.checkouts.isEmpty } }

    /// Returns once some checkout waits, or when the caller is cancelled. For one caller.
    func waitUntilNotEmpty() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let mayGo = state.withLock { state in
                    guard state.checkouts.isEmpty, !Task.isCancelled else { return true }
                    state.sleeper = continuation
                    return false
                }
                if mayGo { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.sleeper.take() }?.resume()
        }
    }
}

/// Reads Payments' feed while a checkout waits for its payment, and wakes it when something
/// happened. It only shortens the wait: what it misses, the next poll finds, so it keeps no cursor.
struct PaymentWatchJob: Service {
    let world: World
    let awaited: AwaitedPayments
    let runner: CheckoutRunner
    let payments: any Caller

    let name = "payment-watch"

    private static let waitMs: Int64 = 5_000

    func run() async throws {
        while !Task.isCancelled {
            do {
                await awaited.waitUntilNotEmpty()
                if !Task.isCancelled { try await follow() }
            } catch is CancellationError {
                return
            } catch {
                // The feed diverged, or Payments is away: begin again at its head.
                world.log.debug("payment_watch_failed", ["error": "\(error)"])
                guard (try? await world.scheduler.sleep(ms: Self.waitMs)) != nil else { return }
            }
        }
    }

    /// From the head on, until nobody waits any more. What happened before is asked for once.
    private func follow() async throws {
        var page = try await read(FeedRequest(feedId: nil, afterSeq: 0, limit: 1))
        var seen = page.head
        for checkout in awaited.all { runner.wake(checkout) }
        while !awaited.isEmpty {
            page = try await read(
                FeedRequest(feedId: page.feedId, afterSeq: seen, waitMs: Self.waitMs))
            for event in page.events {
                seen = event.seq
                if let checkout = awaited.checkout(of: event.subject) { runner.wake(checkout) }
            }
        }
    }

    private func read(_ request: FeedRequest) async throws -> FeedReply {
        try await payments.call(PaymentsAPI.readEvents, request)
    }
}
