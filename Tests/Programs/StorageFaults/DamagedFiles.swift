import Contracts
import Disk
import FoundationEssentials
import Lifecycle
import RPC
import Stage
import Storage
import Support

/// Bits flipped in files, or files torn, cut off or lost, between a stop and a start. SQLite has no
/// checksum of its pages, only of its log, so this counts what each one came to:
///
/// - *refused*: the service does not start, and says that the file is damaged;
/// - *told*: it starts, and VerifyInvariants, an alarm or an error of a call tells of it;
/// - *harmless*: all answers are as they were, and a new purchase is as usual;
/// - *undetected*: nobody noticed, and something is another that nothing can check: a text, a time,
///   a price of the catalogue.
///
/// A violation is a purchase that has another end, other tickets or another total than its buyer
/// was told of, and nobody tells. One that is told of is counted, since who asks before anybody
/// has looked hears what is wrong. For what reason a purchase was refused does not count.
struct DamagedFiles: Campaign {
    enum Kind: String, Sendable {
        case flips = "bit-flip"
        case tears = "torn-file"
    }

    private enum Verdict {
        case refused, told, harmless
        case undetected(String)
    }

    private enum Comparison {
        case same, silent
        /// What is another and cannot be checked.
        case text(String)
        case wrong
    }

    private let kind: Kind
    private let starts: [Snapshot]

    var runs: Int { kind == .flips ? 1_000 : 200 }

    init(_ kind: Kind, seed: UInt64) throws {
        self.kind = kind
        starts = try [false, true].map { isKilled in
            try Snapshot.make(
                "\(kind)-base", seed: seed, purchases: 20, isKilled: isKilled)
        }
    }

    func run(_ index: Int, seed: UInt64) throws -> Outcome {
        let start = starts[index % starts.count]
        let store = Store.allCases[index / starts.count % Store.allCases.count]
        let random = SeededRandom(seed: seed)
        guard var image = start.images[store],
            let damage = kind == .flips
                ? Damage.flip(in: image, random) : Damage.tear(image, random)
        else { return Outcome() }
        damage.apply(to: &image)
        return try start.run("\(kind)-\(index)", seed: seed) { [image] machines in
            machines.disks[store]?.load(image)
            var outcome = Outcome(injected: 1)
            let (verdict, wrong) = try await Self.judge(machines, start)
            if case .told = verdict {
            } else {
                outcome.findings = wrong.map { "\(damage): \($0)" }
            }
            switch verdict {
            case .refused: outcome.counts["refused"] = 1
            case .told: outcome.counts = ["told": 1, "wrong until told": wrong.isEmpty ? 0 : 1]
            case .harmless: outcome.counts["harmless"] = 1
            case .undetected(let what):
                outcome.counts = ["undetected": 1, "undetected in \(what)": 1]
            }
            return outcome
        }
    }

    private static func judge(
        _ machines: Machines, _ start: Snapshot
    ) async throws -> (Verdict, wrong: [String]) {
        do { try await machines.startAll() } catch is StorageError { return (.refused, []) }
        let audit = Audit(machines: machines, event: start.event, receipts: start.receipts)
        var isTold = try await audit.isTold()
        var undetected: String?
        var wrong: [String] = []
        for receipt in start.receipts {
            let now = await Buyer(machines: machines).ask(receipt.request)
            switch try await compare(receipt, now, machines) {
            case .same: break
            // No answer is none that is wrong, and an error is heard of.
            case .silent: isTold = true
            case .text(let what): undetected = what
            case .wrong: wrong.append("\(receipt.answer) is now \(now)")
            }
        }
        if isTold { return (.told, wrong) }
        let latest = try await Buyer(machines: machines).buy(
            machines.stage.request(start.event, quantity: 2))
        guard try await !audit.isTold(), let order = latest.answer.order else {
            return (.told, wrong)
        }
        let usual = start.receipts.lazy.compactMap(\.answer.order).first { $0.totalQuantity == 2 }
        if order.total != usual?.total { undetected = "the price list" }
        return (undetected.map { .undetected($0) } ?? .harmless, wrong)
    }

    private static func compare(
        _ receipt: Receipt, _ now: Receipt.Answer, _ machines: Machines
    ) async throws -> Comparison {
        switch (receipt.answer, now) {
        case (_, .none): return .silent
        case (.refused, .refused): return .same
        case (.done(let old), .done(let new)):
            guard old.isAsGood(as: new) else { return .wrong }
            return old == new
                ? try await compareOrder(old, machines) : .text("an order's text")
        case (.done(let old), .refused(Reason.idempotencyConflict.name)):
            // The request as it is kept is another; the order must be there all the same.
            let order = try await compareOrder(old, machines)
            if case .same = order { return .text("a request's text") }
            return order
        default: return .wrong
        }
    }

    private static func compareOrder(
        _ old: OrderReply, _ machines: Machines
    ) async throws -> Comparison {
        let order = try? await machines.stage.caller("gateway", to: "orders").call(
            OrdersAPI.getOrder, GetOrderRequest(orderId: old.orderId))
        guard let order else { return .silent }
        if order == old { return .same }
        return old.isAsGood(as: order) ? .text("an order's text") : .wrong
    }

    func checked(_ total: Outcome) -> String {
        "\(total.count("refused")) starts refused, \(total.count("told")) told by "
            + "VerifyInvariants, an alarm or an error (\(total.count("wrong until told")) after a "
            + "wrong answer), \(total.count("harmless")) harmless, "
            + "\(total.count("undetected")) UNDETECTED in what nothing can check"
    }
}

extension Receipt.Answer {
    var order: OrderReply? {
        if case .done(let order) = self { return order }
        return nil
    }
}

extension OrderReply {
    /// The same tickets for the same money.
    fileprivate func isAsGood(as other: OrderReply) -> Bool {
        orderId == other.orderId && orderNumber == other.orderNumber && eventId == other.eventId
            && status == other.status && total == other.total && tax == other.tax
            && totalQuantity == other.totalQuantity && items == other.items
            && tickets == other.tickets
    }
}
