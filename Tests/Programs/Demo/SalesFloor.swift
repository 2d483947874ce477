import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Synchronization

/// What the buyers share: the shelf, and the log of every attempt.
final class SalesFloor: Sendable {
    private struct State {
        var shelf: Shelf
        var cast = Cast()
        var attempts: [Attempt] = []
        var tally = Tally()
        var clock = SellingClock()
        /// A refusal that no buyer should ever get: it ends the sale.
        var fault: String?
        var news = "on sale"
    }

    let offer: Offer
    private let world: World
    private let start: UInt64
    private let state: Mutex<State>

    init(_ offer: Offer, buyers: Int, world: World) {
        self.offer = offer
        self.world = world
        start = world.scheduler.uptimeNanoseconds
        state = Mutex(State(shelf: Shelf(offer, buyers: buyers)))
    }

    var tally: Tally { state.withLock { $0.tally } }
    var attempts: [Attempt] { state.withLock { $0.attempts } }
    var fault: String? { state.withLock { $0.fault } }
    var isSoldOut: Bool { tally.sold >= offer.places }
    var isOver: Bool { isSoldOut && tally.open == 0 }

    /// Seconds since the sale began.
    var elapsed: Double {
        Double(world.scheduler.uptimeNanoseconds - start) / 1_000_000_000
    }

    /// What happened last, for the progress line.
    var news: String {
        get { state.withLock { waiting($0) ?? $0.news } }
        set { state.withLock { $0.news = newValue } }
    }

    /// Whether nothing is left to ask for and not everything has ended.
    var isWaiting: Bool { state.withLock { waiting($0) != nil } }

    private func waiting(_ state: State) -> String? {
        guard state.shelf.eventLeft <= 0, state.tally.open > 0 else { return nil }
        return state.shelf.held > 0
            ? "waits for \(Figures.count(state.shelf.held)) tickets in holds that nobody has paid"
            : "waits for the end of \(Figures.count(state.tally.open)) checkouts"
    }

    /// Begins an attempt at what is still on the shelf, as long as more than `least` tickets are;
    /// the number is its place in the log. Nil when there is nothing to ask for.
    func begin(_ random: any RandomSource, leaving least: Int64) -> (Int, Attempt)? {
        let now = elapsed
        return state.withLock { state in
            if state.shelf.eventLeft > 0 { state.clock.goOn(at: now) }
            guard state.shelf.eventLeft > least, let lines = state.shelf.take(random),
                let total = offer.total(of: lines)
            else {
                if state.shelf.eventLeft <= 0 { state.clock.stop(at: now) }
                return nil
            }
            let isEarly = state.tally.sold < offer.places * 4 / 10
            let role = state.cast.next(random, isEarly: isEarly)
            let attempt = Attempt(
                purchaseID: world.newID(), lines: lines, expectedTotal: total, role: role,
                card: role == .oneCall ? Card.draw(random, isEarly: isEarly) : .good,
                thinkMs: 50 + Int64(random.below(500)))
            state.attempts.append(attempt)
            state.tally.begin()
            return (state.attempts.count - 1, attempt)
        }
    }

    func end(_ place: Int, _ attempt: Attempt) {
        let now = elapsed
        state.withLock { state in
            guard state.attempts.indices.contains(place) else { return }
            var attempt = attempt
            attempt.endedAt = state.clock.reading(at: now)
            state.attempts[place] = attempt
            state.tally.end(attempt)
            if attempt.outcome == .refused, attempt.reason != Reason.insufficientInventory.name {
                state.fault = "a purchase was refused: \(attempt.reason ?? "no reason")"
            }
        }
    }

    func refresh(_ reply: AvailabilityReply) { state.withLock { $0.shelf.refresh(reply) } }
}

/// Sums over the log, kept as it grows.
struct Tally: Sendable {
    private(set) var attempts = 0
    private(set) var open = 0
    private(set) var outcomes: [Outcome: Int] = [:]
    /// Tickets of completed purchases.
    private(set) var sold: Int64 = 0

    var completed: Int { outcomes[.completed, default: 0] }

    mutating func begin() {
        attempts += 1
        open += 1
    }

    mutating func end(_ attempt: Attempt) {
        open -= 1
        outcomes[attempt.outcome, default: 0] += 1
        if attempt.outcome == .completed { sold += attempt.quantity }
    }
}
