import Contracts
import Disk
import FoundationEssentials
import Lifecycle
import RPC
import Stage
import Support

/// The disk of one store fills up while buyers buy, and gets room again: what may wait is refused,
/// what gives stock or money back passes, and nobody has to be started again.
struct FullDisks: Campaign {
    static let name = "disk-full"

    /// How full it gets.
    private enum Shortage: CaseIterable, Sendable {
        /// Less than the reserve is left.
        case short
        /// No byte is left, but for the ballast.
        case full
        /// The first batches fit, then one does not.
        case midway
        /// Not even the ballast helps.
        case stuffed
        /// Comes and goes.
        case flapping

        func room(_ random: SeededRandom, _ turn: Int) -> Int {
            switch self {
            case .short: 32 << 20
            case .full: 0
            case .midway: 8_000 + Int(random.below(60_000))
            case .stuffed: -(16 << 20)
            case .flapping: turn % 2 == 0 ? 0 : 512 << 20
            }
        }

        /// What is essential passes while it lasts.
        var letsEssentialPass: Bool { self == .short || self == .full || self == .midway }
    }

    private static let plenty = 512 << 20
    private static let settleMs: Int64 = 120_000

    let runs = Store.allCases.count * Shortage.allCases.count
    private let start: Snapshot
    private let plant: Plant?

    init(seed: UInt64, plant: Plant?) throws {
        start = try Snapshot.make("full-base", seed: seed, purchases: 3)
        self.plant = plant
    }

    func run(_ index: Int, seed: UInt64) throws -> Outcome {
        let store = Store.allCases[index % Store.allCases.count]
        let shortage = Shortage.allCases[
            index / Store.allCases.count % Shortage.allCases.count]
        return try start.run("full-\(index)", seed: seed) { [start, plant] machines in
            plant?.apply(to: machines)
            for disk in machines.disks.values { disk.setCapacity(disk.usedBytes + Self.plenty) }
            try await machines.startAll()
            let shop = Shop(machines: machines, event: start.event)
            var receipts = start.receipts
            receipts.append(try await shop.buyer.buy(shop.request()))
            let opened =
                [try await shop.reserve(payingLate: false)]
                + (store == .sim ? [] : [try await shop.reserve(payingLate: true)])
            var outcome = Outcome()
            let waiting = shop.request()
            let buyer = machines.stage.test.scheduler.spawn { try await shop.buyer.buy(waiting) }
            let random = SeededRandom(seed: seed &* 41)
            for turn in 0..<(shortage == .flapping ? 12 : 1) {
                Self.leave(shortage.room(random, turn), on: store, of: machines)
                try await machines.stage.test.scheduler.sleep(ms: 1_500)
                outcome.injected += turn % 2 == 0 ? 1 : 0
            }
            let refused = shop.request()
            if shortage != .flapping {
                outcome += try await shop.mustBeRefused(by: store, refused)
            }
            for id in opened { try await shop.cancel(id) }
            if shortage.letsEssentialPass {
                outcome += try await shop.mustEnd(opened, withinMs: Self.settleMs)
            }
            Self.leave(Self.plenty, on: store, of: machines)
            receipts.append(try await buyer.value)
            receipts.append(try await shop.buyer.buy(refused))
            for id in opened { try await shop.cancel(id) }
            outcome += try await shop.mustEnd(opened, withinMs: Self.settleMs)
            if machines.log.starts != ServiceName.allCases.count || !machines.log.stops.isEmpty {
                outcome.findings.append("a full disk stopped \(machines.log.stops)")
            }
            outcome.findings += try await Audit(
                machines: machines, event: start.event, receipts: receipts
            ).findings()
            return outcome
        }
    }

    /// So many bytes are free; fewer than none when what is there is already too much.
    private static func leave(_ bytes: Int, on store: Store, of machines: Machines) {
        guard let disk = machines.disks[store] else { return }
        disk.setCapacity(disk.usedBytes + bytes)
    }

    func checked(_ total: Outcome) -> String {
        "\(total.count("refused STORAGE_FULL")) commands refused STORAGE_FULL, "
            + "\(total.count("ended")) releases and refunds passed, no process restarted, "
            + "invariants"
    }
}
