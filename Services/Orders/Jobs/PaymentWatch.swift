import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Saga
import Synchronization

/// The checkouts of this process that wait for a payment, by the payment's id.
final class AwaitedPayments: Sendable {
    private let checkouts = Mutex<[UUID: UUID]>([:])

    /// Takes note of a checkout as it was just committed.
    func note(_ before: CheckoutState, _ checkout: Checkout) {
        switch (before == .paying, checkout.state == .paying) {
        case (_, true): checkouts.withLock { $0[checkout.paymentID] = checkout.id }
        case (true, false): checkouts.withLock { $0[checkout.paymentID] = nil }
        case (false, false): break
        }
    }

    func checkout(of payment: UUID) -> UUID? { checkouts.withLock { $0[payment] } }

    var all: [UUID] { checkouts.withLock { $0 }.values.sorted() }

    var isEmpty: Bool { checkouts.withLock { $0.isEmpty } }
}

/// Reads Payments' feed while a checkout waits for its payment, and wakes it when something
/// happened. It only shortens the wait: what it misses, the next poll finds, so it keeps no cursor.
struct PaymentWatch: Service {
    let world: World
    let awaited: AwaitedPayments
    let runner: SagaRunner<Checkout, PeerReply>
    let payments: any Caller

    let name = "payment-watch"

    private static let idleMs: Int64 = 200
    private static let waitMs: Int64 = 5_000

    func run() async throws {
        while !Task.isCancelled {
            do {
                if awaited.isEmpty {
                    try await world.scheduler.sleep(ms: Self.idleMs)
                } else {
                    try await follow()
                }
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
