import Contracts
import Disk
import Inventory
import Lifecycle
import Orders
import Payments
import Publishing
import RPC
import Stage
import Storage
import Support
import Synchronization

/// The three services in one world, each on disks of its own, and a supervisor that starts a
/// service again whenever it has stopped.
final class Machines: Sendable {
    /// How long a process is away: the supervisor starts it again at once.
    private static let restartMs: Int64 = 50
    /// After so many starts that failed on a broken disk somebody puts in another.
    private static let startsBeforeRepair = 3
    private static let startsBeforeGivingUp = 20

    /// What befell the processes.
    struct Log: Sendable {
        /// Processes that stopped themselves because their storage said so.
        var stops: [ServiceName] = []
        var crashes = 0
        var starts = 0
        var refusedStarts: [StorageError] = []
    }

    private struct Process {
        let number: Int
        let network: ProcessNetwork
        var databases: [Database] = []
        var jobs: [Task<Void, any Error>] = []
    }

    private struct State {
        var log = Log()
        var numbers = 0
        var running: [ServiceName: Process] = [:]
        var isSupervised = true
        var isSaleOver = false
        var broken: String?
    }

    let stage: Stage
    let disks: [Store: SimulatedDisk]
    private let volumes: [Store: SimulatedVolume]
    private let sim: SimConfiguration
    private let state = Mutex(State())

    /// `name` is unique in this process.
    init(_ test: TestWorld, _ name: String, seed: UInt64, sim: SimConfiguration = .init()) {
        stage = Stage(test)
        self.sim = sim
        var disks: [Store: SimulatedDisk] = [:]
        for (place, store) in Store.allCases.enumerated() {
            disks[store] = SimulatedDisk(
                name: "\(name)-\(store)", random: SeededRandom(seed: seed &* 8 &+ UInt64(place)))
        }
        self.disks = disks
        volumes = disks.mapValues { SimulatedVolume(disk: $0) }
        for (store, disk) in disks {
            disk.whenCrashed { [weak self] in self?.crashed(store.service) }
        }
    }

    /// When buyers stop to begin new purchases.
    var isSaleOver: Bool { state.withLock { $0.isSaleOver } }
    func endSale() { state.withLock { $0.isSaleOver = true } }

    /// Why a service never starts again, when one does not: the history is over.
    var broken: String? { state.withLock { $0.broken } }

    var log: Log { state.withLock { $0.log } }
    private var scheduler: SimulatedScheduler { stage.test.scheduler }
    private var world: World { stage.test.world }

    // MARK: Starting

    func startAll() async throws {
        for service in ServiceName.allCases { try await start(service) }
    }

    /// Throws what the service refuses to start with.
    func start(_ service: ServiceName) async throws {
        for store in service.stores { disks[store]?.restart() }
        let number = state.withLock { state in
            state.numbers += 1
            return state.numbers
        }
        var process = Process(number: number, network: ProcessNetwork(stage.network))
        state.withLock { $0.running[service] = process }
        do {
            let (parts, databases) = try await open(service, process)
            process.databases = databases
            var router = Router(log: world.log)
            parts.register(&router)
            _ = try await stage.listen(
                service.rawValue, router, databases[0], on: process.network)
            process.jobs = parts.jobs.map { job in scheduler.spawn { try await job.run() } }
            let (isAlive, started) = state.withLock { state in
                let isAlive = state.running[service]?.number == number
                if isAlive { state.running[service] = process }
                state.log.starts += 1
                return (isAlive, process)
            }
            if !isAlive { await end(started) }
        } catch {
            state.withLock { state in
                if state.running[service]?.number == number { state.running[service] = nil }
            }
            await end(process)
            throw error
        }
    }

    private struct Parts {
        let register: (inout Router) -> Void
        let jobs: [any Service]
    }

    private func open(
        _ service: ServiceName, _ process: Process
    ) async throws -> (Parts, [Database]) {
        func client(to peer: ServiceName) -> Client {
            stage.client(service.rawValue, to: peer.rawValue, on: process.network)
        }
        let migrations = [
            Store.inventory: InventorySchema.migrations, .orders: OrdersSchema.migrations,
            .payments: PaymentsSchema.migrations, .sim: SimSchema.migrations,
        ]
        var databases: [Database] = []
        do {
            for store in service.stores {
                databases.append(
                    try await Database.open(
                        .virtual(fileSystem: disks[store]?.name ?? "", path: store.file),
                        migrations: migrations[store] ?? [], world: world, mode: .scheduled,
                        volume: volumes[store]
                    ) { [weak self] _ in self?.stopped(service, process.number) })
            }
            return (try await parts(service, databases, client), databases)
        } catch {
            for database in databases { await database.close() }
            throw error
        }
    }

    private func parts(
        _ service: ServiceName, _ databases: [Database], _ client: (ServiceName) -> Client
    ) async throws -> Parts {
        switch service {
        case .inventory:
            let service = InventoryService(
                world: world, database: databases[0], timeZones: TimeZones(["Europe/Vienna"]))
            return Parts(register: { service.register(on: &$0) }, jobs: service.jobs)
        case .orders:
            func peers() -> OrdersService.Peers {
                .init(inventory: client(.inventory), payments: client(.payments))
            }
            let service = try await OrdersService(
                world: world, database: databases[0], peers: peers(), readers: peers(),
                ticketKeys: TicketKeys([1: Stage.ticketKey]))
            return Parts(register: { service.register(on: &$0) }, jobs: service.jobs)
        case .payments:
            let provider = SimProvider(
                world: world, journal: databases[1], configuration: sim,
                webhookSecrets: [Stage.webhookSecret])
            let service = PaymentsService(
                world: world, database: databases[0], providers: [provider],
                orders: client(.orders))
            return Parts(register: { service.register(on: &$0) }, jobs: service.jobs)
        }
    }

    // MARK: Stopping

    /// Its storage told the process to stop.
    private func stopped(_ service: ServiceName, _ number: Int) {
        let isRunning = state.withLock { state in
            guard state.running[service]?.number == number else { return false }
            state.log.stops.append(service)
            return true
        }
        if isRunning { vanish(service) }
    }

    /// One of its disks crashed, and the machine with it.
    private func crashed(_ service: ServiceName) {
        state.withLock { $0.log.crashes += 1 }
        for store in service.stores where disks[store]?.isDown == false {
            disks[store]?.powerCut()
        }
        vanish(service)
    }

    /// Cuts the power of the service's machine between two operations.
    func cutPower(of service: ServiceName) { crashed(service) }

    /// The process is gone with all it knew. May be called in the middle of SQLite.
    private func vanish(_ service: ServiceName) {
        guard let process = state.withLock({ $0.running.removeValue(forKey: service) }) else {
            return
        }
        process.network.die()
        for store in service.stores where disks[store]?.isDown == false {
            disks[store]?.processDies()
        }
        for job in process.jobs { job.cancel() }
        scheduler.spawn { [self] in
            await end(process)
            if state.withLock({ $0.isSupervised }) { try await restart(service) }
        }
    }

    private func end(_ process: Process) async {
        process.network.die()
        for job in process.jobs { job.cancel() }
        for database in process.databases { await database.close() }
    }

    private func restart(_ service: ServiceName) async throws {
        for attempt in 1... {
            try await scheduler.sleep(ms: Self.restartMs)
            if state.withLock({ $0.running[service] != nil }) { return }
            do { return try await start(service) } catch let error as StorageError {
                state.withLock { state in
                    state.log.refusedStarts.append(error)
                    guard attempt >= Self.startsBeforeGivingUp else { return }
                    state.broken = "\(service) does not start any more: \(error)"
                }
                if broken != nil { return }
            }
            guard attempt >= Self.startsBeforeRepair else { continue }
            for store in service.stores { disks[store]?.forgetFaults() }
        }
    }

    /// Stops all in good order, and for good.
    func stopAll() async {
        let processes = state.withLock { state in
            defer { state.running = [:] }
            state.isSupervised = false
            return state.running
        }
        for service in ServiceName.allCases {
            if let process = processes[service] { await end(process) }
        }
    }

    /// All three die at once, and are started again.
    func restartAll() async throws {
        for service in ServiceName.allCases { vanish(service) }
        while broken == nil, state.withLock({ $0.running.count < ServiceName.allCases.count }) {
            try await scheduler.sleep(ms: Self.restartMs)
        }
    }

    func database(of store: Store) -> Database? {
        state.withLock { state in
            let databases = state.running[store.service]?.databases ?? []
            let place = store.service.stores.firstIndex(of: store) ?? 0
            return place < databases.count ? databases[place] : nil
        }
    }
}
