import Disk
import Lifecycle
import Stage
import Support

/// Power cuts at random moments while several buyers buy: between two operations of a disk or in
/// the middle of one, of one machine or of all three.
struct PowerCuts: Campaign {
    static let name = "power-cut"
    private static let cutsOfHistory = 40
    private static let buyers = 3

    let runs = 500
    /// Of histories that begin with empty logs, and of such whose logs are due for a checkpoint.
    private let starts: [Snapshot]
    private let plant: Plant?

    init(seed: UInt64, plant: Plant?) throws {
        starts = [
            try Snapshot.make("cut-base", seed: seed, purchases: 3),
            try Snapshot.make("cut-full", seed: seed, purchases: 90, isKilled: true),
        ]
        self.plant = plant
    }

    func run(_ index: Int, seed: UInt64) throws -> Outcome {
        let start = starts[index % 32 == 31 ? 1 : 0]
        return try start.run("cut-\(index)", seed: seed) { [plant] machines in
            plant?.apply(to: machines)
            try await machines.startAll()
            let random = SeededRandom(seed: seed &* 31)
            let clock = machines.stage.test.scheduler
            let buyers = (0..<Self.buyers).map { number in
                clock.spawn { try await Self.buy(number, start.event, machines) }
            }
            while machines.log.crashes < Self.cutsOfHistory, machines.broken == nil {
                try await clock.sleep(ms: 1 + Int64(random.below(250)))
                try await Self.cut(machines, random)
            }
            for disk in machines.disks.values { disk.forgetFaults() }
            machines.endSale()
            var receipts = start.receipts
            for buyer in buyers { receipts += try await buyer.value }
            var outcome = Outcome(injected: machines.log.crashes)
            outcome.counts = [
                "answers": receipts.count, "starts": machines.log.starts,
                "refused starts": machines.log.refusedStarts.count,
            ]
            outcome.findings = try await Audit(
                machines: machines, event: start.event, receipts: receipts
            ).findings()
            return outcome
        }
    }

    private static func buy(
        _ number: Int, _ event: TestEvent, _ machines: Machines
    ) async throws -> [Receipt] {
        let methods = ["sim_ok", "sim_ok", "sim_declined", "sim_lost_reply", "sim_ok"]
        var receipts: [Receipt] = []
        while !machines.isSaleOver, machines.broken == nil {
            let request = machines.stage.request(
                event, quantity: 1 + Int64(receipts.count % 3),
                method: methods[(number + receipts.count) % methods.count],
                owner: "b\(number)-\(receipts.count)")
            receipts.append(try await Buyer(machines: machines).buy(request))
        }
        return receipts
    }

    private static func cut(_ machines: Machines, _ random: SeededRandom) async throws {
        let store = Store.allCases[Int(random.below(UInt64(Store.allCases.count)))]
        switch random.below(8) {
        case 0: for service in ServiceName.allCases { machines.cutPower(of: service) }
        case 1: machines.cutPower(of: store.service)
        default:
            machines.disks[store]?.plan(
                DiskFault(.powerCut, at: [.write, .sync, .truncate], after: Int(random.below(25))))
        }
    }

    func checked(_ total: Outcome) -> String {
        "\(total.count("answers")) answers kept, no half transaction, invariants of all three, "
            + "quick_check at \(total.count("starts")) starts"
    }
}
