import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Saga
import Storage

/// The steps by their names in rows and in the history.
enum CheckoutStep: String, CaseIterable, Sendable {
    case reserve, pay, consume
    // Not in every purchase. `createPayment` is what StartPayment asks for; in one call it is `pay`
    // that creates the payment.
    case awaitBuyer = "buyer"
    case extend
    case createPayment = "start"
    case supersede, reopen, poll, fence, refund, issue
}

/// A purchase, read from the top: reserve, pay, consume, each next to what takes it back, which the
/// answers ask for. Then the steps that not every purchase takes: those of a buyer who goes step by
/// step, those around late and failed payments, and the tickets of a large order.
struct PurchaseSaga: SagaDefinition {
    static let kind = SagaKind("checkout")

    let inventory: any Caller
    let payments: any Caller
    let book = OrderBook()
    let awaited: AwaitedPayments
    let log: Log

    /// When a step takes longer, what those before it came to is committed alone, and the buyer
    /// sees it: reserved, or paid.
    static let patienceMs: Int64 = 50

    func step(_ name: CheckoutStep) -> Step<Checkout> {
        switch name {
        case .reserve:
            .reversible(Reserve(inventory: inventory), undo: Release(inventory: inventory))
        case .pay: .pivot(Pay(payments: payments), undo: VoidPayment(payments: payments))
        case .consume: .certain(Consume(inventory: inventory))
        case .awaitBuyer: .certain(AwaitBuyer(inventory: inventory))
        case .extend: .certain(Extend(inventory: inventory))
        case .createPayment: .certain(CreatePayment(payments: payments))
        case .supersede: .certain(Supersede(payments: payments))
        case .reopen: .certain(Reopen(inventory: inventory))
        case .poll: .certain(Poll(payments: payments))
        case .fence: .certain(FenceHold(inventory: inventory))
        case .refund: .certain(RefundBuyer(payments: payments))
        case .issue: .certain(IssueTickets())
        }
    }

    func record(
        _ before: Checkout?, _ after: Checkout, _ notes: [CheckoutNotes], _ batch: Batch
    ) throws {
        try batch.tally(before?.state, after.state)
        for attempt in notes.flatMap(\.endedAttempts) {
            let row = AttemptRow(after.id, attempt, at: batch.now)
            // What an attempt came to first is what its replays are told.
            if try batch.find(AttemptRow.self, row.key) == nil { try batch.insert(row) }
        }
        if let before { try book.record(before, after, batch) }
    }

    func committed(_ before: Checkout?, _ after: Checkout) {
        awaited.note(after)
        if after.state == .parked, before?.state != .parked {
            log.error("saga_parked", ["order": after.id, "reason": after.parked?.reason ?? ""])
        }
    }
}

typealias CheckoutRunner = SagaRunner<SagaStore<PurchaseSaga>>

/// What a checkout's decision leaves to be written beside its row.
struct CheckoutNotes: SagaNotes {
    var endedAttempts: [EndedAttempt] = []
}
