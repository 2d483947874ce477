import Contracts
import Glibc
import Lifecycle
import Net
import Processes
import RPC
import Synchronization

/// The three services as processes, an event on sale, and what they take of the machine.
final class Rig: Sendable {
    let world: World
    let suite: ServiceSuite
    let choice: Programme.Choice
    let folder: WorkFolder
    private let peak = Mutex(0.0)
    private let isWatching = Atomic(true)

    private init(
        _ suite: ServiceSuite, _ choice: Programme.Choice, _ folder: WorkFolder, _ world: World
    ) {
        self.world = world
        self.suite = suite
        self.choice = choice
        self.folder = folder
    }

    /// Starts services of their own, lets `body` have them, and ends them.
    static func run<Result: Sendable>(
        sim: String, _ body: @escaping @Sendable (Rig) async throws -> Result
    ) async throws -> Result {
        try await ServiceSuite.run(
            named: "overload", settings: ["TURNSTILE_SIM": sim]
        ) { suite, folder, world in
            let staff = suite.client(of: .inventory, as: "operator")
            defer { staff.close() }
            let hot = try await Programme.hot(staff, world: world)
            let rig = Rig(suite, hot.any, folder, world)
            rig.watch()
            defer { rig.isWatching.store(false, ordering: .relaxed) }
            return try await body(rig)
        }
    }

    /// Puts an event with so many places on sale.
    func event(places: Int64) async throws -> Programme.Choice {
        let staff = suite.client(of: .inventory, as: "operator")
        defer { staff.close() }
        return try await Programme(
            events: 1, typesOfEach: 1, places: places, staff, world: world
        ).any
    }

    func sold(_ choice: Programme.Choice) async throws -> Int64 {
        let staff = suite.client(of: .inventory, as: "operator")
        defer { staff.close() }
        let request = GetAvailabilityRequest(eventId: choice.eventID)
        return try await staff.call(InventoryAPI.getAvailability, request).event.sold
    }

    func counters(of service: ServiceName) async throws -> [String: Int64] {
        let staff = suite.client(of: service, as: "operator")
        defer { staff.close() }
        let method =
            switch service {
            case .inventory: InventoryAPI.stats
            case .orders: OrdersAPI.stats
            case .payments: PaymentsAPI.stats
            }
        return try await staff.call(method, StatsRequest()).counters
    }

    // MARK: What must hold after everything

    /// All that was begun has ended, the books of all three agree, nobody died, and what Inventory
    /// has sold of the event is what Orders says was bought.
    func isWhole() async throws -> Check {
        let verified = try await Verification(suite: suite, world: world).run()
        let deaths = suite.unexpectedDeaths.map { "\($0.service) \($0.ending)" }
        let problems = (verified.violations + deaths).prefix(3)
        return .always(
            problems.isEmpty,
            "\(verified.checked) invariants by the services, \(verified.violations.count) violated"
                + problems.map { "; \($0)" }.joined())
    }

    // MARK: Memory

    /// The most that one service has had since this was last asked, in MiB.
    func takePeakMegabytes() -> Double {
        peak.withLock { peak in
            defer { peak = 0 }
            return max(peak, largestMegabytes)
        }
    }

    private var largestMegabytes: Double {
        ServiceName.allCases.compactMap(suite.processID).map { residentBytes(of: $0) / 1_048_576 }
            .max() ?? 0
    }

    /// What Orders has logged so far.
    var logKilobytes: Double {
        var about = stat()
        return stat(suite.logFile(of: .orders), &about) == 0 ? Double(about.st_size) / 1_024 : 0
    }

    private func watch() {
        let now = largestMegabytes
        peak.withLock { $0 = max($0, now) }
        guard isWatching.load(ordering: .relaxed) else { return }
        _ = world.scheduler.schedule(afterMs: 100) { [weak self] in self?.watch() }
    }
}
