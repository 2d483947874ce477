import Contracts
import FoundationEssentials
import Lifecycle
import Publishing
import RPC
import Stage
import Storage
import Support

/// What must hold once everything has ended, whatever happened to the disks.
struct Audit: Sendable {
    private static let lookMs: Int64 = 5_000
    private static let looks = 200
    /// Counted by a service that finds that another one has lost what it had told.
    private static let alarms = ["peer.restored", "peer.stale", "feed.diverged", "store.restored"]

    let machines: Machines
    let event: TestEvent
    let receipts: [Receipt]

    private var stage: Stage { machines.stage }

    /// Everything that is wrong; empty when all is well.
    func findings() async throws -> [String] {
        if let broken = machines.broken { return [broken] }
        var findings = try await violations()
        if findings.isEmpty { findings = try await falseAnswers() }
        try await machines.restartAll()
        findings += try await brokenStores()
        findings += stage.test.world.metrics.counters().filter { Self.alarms.contains($0.name) }
            .map { "alarm \($0.name) \($0.value) times" }
        return findings
    }

    /// Of the invariants of all three, at any time until nothing is on its way any more.
    func violations() async throws -> [String] {
        var violations: [String] = []
        for _ in 0..<Self.looks where machines.broken == nil {
            try await stage.test.scheduler.sleep(ms: Self.lookMs)
            guard let replies = try? await stage.verify() else { continue }
            violations = replies.flatMap { service, reply in
                reply.violations.map {
                    "\(service): \($0.invariant) \($0.subject): expected \($0.expected), is "
                        + $0.actual
                }
            }
            guard violations.isEmpty else { return violations }
            if replies.allSatisfy({ $0.reply.pending == 0 }) { return [] }
        }
        return [machines.broken ?? "something is still on its way"]
    }

    /// Whether anybody says that something is wrong: an invariant, an alarm, a service that stopped
    /// or one that cannot answer.
    func isTold() async throws -> Bool {
        var replies: [(service: String, reply: VerifyReply)]?
        for _ in 0..<10 where replies?.allSatisfy({ $0.reply.pending == 0 }) != true {
            try await stage.test.scheduler.sleep(ms: Self.lookMs)
            replies = try? await stage.verify()
        }
        let isViolated = replies?.contains { !$0.reply.violations.isEmpty || $0.reply.pending > 0 }
        let alarms = stage.test.world.metrics.counters().contains {
            Self.alarms.contains($0.name)
        }
        return isViolated != false || alarms || !machines.log.stops.isEmpty
    }

    /// A buyer was told what is not so, or is told something else today.
    private func falseAnswers() async throws -> [String] {
        var findings: [String] = []
        var sold: Int64 = 0
        for receipt in receipts {
            let id = receipt.request.purchaseId
            let now = await Buyer(machines: machines).ask(receipt.request)
            if receipt.answer == .none { findings.append("purchase \(id) has no end") }
            if now != receipt.answer {
                findings.append("purchase \(id) was \(receipt.answer), and now is \(now)")
            }
            if case .done(let order) = now {
                sold += order.totalQuantity
                findings += try await strayOrder(order)
            }
        }
        let stock = try await stage.caller("gateway", to: "inventory").call(
            InventoryAPI.getAvailability, GetAvailabilityRequest(eventId: event.id))
        if stock.event.sold != sold || stock.event.held != 0 {
            findings.append(
                "\(sold) tickets were bought, \(stock.event.sold) are sold and "
                    + "\(stock.event.held) held")
        }
        return findings
    }

    private func strayOrder(_ answered: OrderReply) async throws -> [String] {
        let order = try await stage.caller("gateway", to: "orders").call(
            OrdersAPI.getOrder, GetOrderRequest(orderId: answered.orderId))
        return order == answered ? [] : ["order \(order.orderId) is another than was answered"]
    }

    /// Every store was just opened, and so checked page by page; its feed must have no gap.
    private func brokenStores() async throws -> [String] {
        var findings: [String] = []
        for store in Store.allCases {
            guard let database = machines.database(of: store) else {
                findings.append("\(store) does not start")
                continue
            }
            if database.isRestored { findings.append("\(store) counts as restored") }
            var after: Int64 = 0
            while after < database.feed.head {
                let facts = try await database.feed.facts(after: after, limit: 8_000)
                guard !facts.isEmpty, zip(facts, after...).allSatisfy({ $0.seq == $1 + 1 })
                else {
                    findings.append("\(store)'s feed has a gap after \(after)")
                    break
                }
                after += Int64(facts.count)
            }
        }
        return findings
    }
}
