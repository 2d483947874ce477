import Disk
import Lifecycle
import Stage
import Support

/// An I/O error at every single operation that a purchase makes on each store, once and from there
/// on.
struct FailedOperations: Campaign {
    static let name = "io-error"

    private struct Case: Sendable {
        let store: Store
        let operation: Int
        let isLasting: Bool
        let method: String
    }

    private let cases: [Case]
    private let start: Snapshot
    private let plant: Plant?

    var runs: Int { cases.count }

    init(seed: UInt64, plant: Plant?) throws {
        start = try Snapshot.make("io-base", seed: seed, purchases: 2)
        self.plant = plant
        var cases: [Case] = []
        for method in ["sim_ok", "sim_declined"] {
            let counts = try start.run("io-count", seed: seed) { [start] machines in
                try await machines.startAll()
                let before = machines.disks.mapValues { $0.counts.all }
                _ = try await Buyer(machines: machines).buy(
                    machines.stage.request(start.event, method: method))
                try await machines.stage.test.scheduler.sleep(ms: 1_000)
                return machines.disks.mapValues { $0.counts.all }
                    .merging(before, uniquingKeysWith: -)
            }
            for store in Store.allCases {
                for operation in 0..<(counts[store] ?? 0) {
                    for isLasting in [false, true] {
                        cases.append(
                            Case(
                                store: store, operation: operation, isLasting: isLasting,
                                method: method))
                    }
                }
            }
        }
        self.cases = cases
    }

    func run(_ index: Int, seed: UInt64) throws -> Outcome {
        let fault = cases[index % cases.count]
        return try start.run("io-\(index)", seed: seed) { [start, plant] machines in
            plant?.apply(to: machines)
            try await machines.startAll()
            let random = SeededRandom(seed: seed &* 37)
            machines.disks[fault.store]?.plan(
                DiskFault(.error, after: fault.operation, isLasting: fault.isLasting))
            let receipt = try await Buyer(machines: machines).buy(
                machines.stage.request(start.event, method: fault.method))
            // What a failed sync left in memory alone goes with the power.
            try await machines.stage.test.scheduler.sleep(ms: Int64(random.below(2_000)))
            if random.below(2) == 0 { machines.cutPower(of: fault.store.service) }
            for disk in machines.disks.values { disk.forgetFaults() }
            let log = machines.log
            var outcome = Outcome(injected: 1)
            outcome.counts = [
                "stops": log.stops.count, "refused starts": log.refusedStarts.count,
                "not noticed": log.stops.isEmpty ? 1 : 0,
            ]
            outcome.findings = try await Audit(
                machines: machines, event: start.event, receipts: start.receipts + [receipt]
            ).findings()
            return outcome
        }
    }

    func checked(_ total: Outcome) -> String {
        "\(total.count("stops")) processes stopped and came back, truthful answers, invariants"
    }
}
