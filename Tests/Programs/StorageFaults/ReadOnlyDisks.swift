import Contracts
import Disk
import Lifecycle
import Stage
import Storage
import Support

/// A disk that can only be read: nothing starts on it, and what runs on it stops.
struct ReadOnlyDisks: Campaign {
    static let name = "read-only"

    private enum Moment: CaseIterable, Sendable {
        /// Before the first start.
        case new
        /// Between a stop and a start, or a death and a start.
        case stopped, killed
        /// While buyers buy.
        case running
    }

    let runs = Store.allCases.count * Moment.allCases.count
    private let start: Snapshot
    private let killed: Snapshot
    private let plant: Plant?

    init(seed: UInt64, plant: Plant?) throws {
        start = try Snapshot.make("ro-base", seed: seed, purchases: 3)
        killed = try Snapshot.make("ro-killed", seed: seed, purchases: 3, isKilled: true)
        self.plant = plant
    }

    func run(_ index: Int, seed: UInt64) throws -> Outcome {
        let store = Store.allCases[index % Store.allCases.count]
        let moment = Moment.allCases[index / Store.allCases.count % Moment.allCases.count]
        let start = moment == .killed ? killed : start
        return try start.run("ro-\(index)", seed: seed) { [plant] machines in
            plant?.apply(to: machines)
            guard let disk = machines.disks[store] else { return Outcome() }
            if moment == .new { disk.load(.init(files: [:])) }
            let before = disk.image
            var outcome = Outcome(injected: 1)
            var receipts = start.receipts
            if moment == .running {
                try await machines.startAll()
                disk.setReadOnly(true)
                let shop = Shop(machines: machines, event: start.event)
                let buyer = machines.stage.test.scheduler.spawn {
                    try await shop.buyer.buy(shop.request())
                }
                while machines.log.refusedStarts.isEmpty {
                    try await machines.stage.test.scheduler.sleep(ms: 100)
                }
                outcome += Self.judge(machines.log.refusedStarts, store, moment)
                disk.setReadOnly(false)
                receipts.append(try await buyer.value)
            } else {
                disk.setReadOnly(true)
                do {
                    try await machines.start(store.service)
                    outcome.findings.append("\(store) starts on a disk that it cannot write")
                } catch let error as StorageError { outcome += Self.judge([error], store, moment) }
                if disk.image != before { outcome.findings.append("\(store) was written") }
                disk.setReadOnly(false)
                try await machines.startAll()
            }
            guard moment != .new else { return outcome }
            outcome.findings += try await Audit(
                machines: machines, event: start.event, receipts: receipts
            ).findings()
            return outcome
        }
    }

    /// A clear error names the file, and says what to do about it.
    private static func judge(
        _ errors: [StorageError], _ store: Store, _ moment: Moment
    ) -> Outcome {
        // Of a file that cannot be made SQLite says no more than that.
        let cause = moment == .new ? "unable to open" : "read-only"
        var outcome = Outcome()
        for error in errors {
            outcome.counts["refused starts", default: 0] += 1
            if error.code != .cannotOpen || !error.message.contains(store.file)
                || !error.message.contains(cause)
            {
                outcome.findings.append("not clear: \(error)")
            }
        }
        return outcome
    }

    func checked(_ total: Outcome) -> String {
        "\(total.count("refused starts")) starts refused with the file and the cause, nothing "
            + "written, answers and invariants afterwards"
    }
}
