import Disk
import Lifecycle
import Stage
import Support

/// The disks of the suite at one moment, to begin many histories from.
struct Snapshot: Sendable {
    let images: [Store: DiskImage]
    let event: TestEvent
    let receipts: [Receipt]
    let at: Instant

    /// After so many purchases, some of them declined; the processes were stopped in good order, or
    /// were killed and left their logs.
    static func make(
        _ name: String, seed: UInt64, purchases: Int, capacity: Int64 = 100_000,
        isKilled: Bool = false
    ) throws -> Snapshot {
        let test = TestWorld(seed: seed, logging: .error)
        return try test.run {
            let machines = Machines(test, name, seed: seed)
            try await machines.startAll()
            let event = try await machines.stage.event(capacity: capacity)
            var receipts: [Receipt] = []
            for number in 0..<purchases {
                let method = number % 5 == 4 ? "sim_declined" : "sim_ok"
                let request = machines.stage.request(
                    event, quantity: 1 + Int64(number % 3), method: method, owner: "o\(number)")
                receipts.append(try await Buyer(machines: machines).buy(request))
            }
            try await test.scheduler.sleep(ms: 20_000)
            if !isKilled { await machines.stopAll() }
            let images = machines.disks.mapValues(\.image)
            if isKilled { await machines.stopAll() }
            return Snapshot(
                images: images, event: event, receipts: receipts, at: test.clock.now())
        }
    }

    /// Begins a history from here, in a world of its own; the services are not started yet.
    func run<Value: Sendable>(
        _ name: String, seed: UInt64,
        _ body: @escaping @Sendable (Machines) async throws -> Value
    ) throws -> Value {
        let test = TestWorld(seed: seed, startingAt: at, logging: .error)
        return try test.run {
            let machines = Machines(test, name, seed: seed)
            for (store, image) in images { machines.disks[store]?.load(image) }
            let value = try await body(machines)
            await machines.stopAll()
            return value
        }
    }
}
