import Contracts
import Disk
import FoundationEssentials
import Glibc
import Inventory
import Lifecycle
import Net
import Orders
import Payments
import Publishing
import RPC
import Storage
import Support
import Synchronization

/// An instance of a service on a machine of its own, with a clock that may be wrong and a disk that
/// outlives its processes; or, of several over one PostgreSQL, with none.
final class Node: Sendable {
    enum Kind: String, CaseIterable, Sendable {
        case inventory, orders, payments
    }

    private struct State {
        var party: Party?
        var databases: [Database] = []
        var starts: UInt64 = 0
    }

    let kind: Kind
    /// Of the machine.
    let name: String
    let address: Address
    let clock: TestClock
    private let instance: Int
    private let town: Town
    private let disk: SimulatedDisk
    private let state = Mutex(State())

    init(_ kind: Kind, _ instance: Int, in town: Town) {
        self.kind = kind
        self.instance = instance
        address = Self.address(kind, instance)
        name = address.host
        self.town = town
        disk = SimulatedDisk(
            name: "\(town.seed)-\(name)",
            random: SeededRandom(seed: town.seed &+ UInt64(kind.rawValue.count) &* 0xd15c))
        clock = TestClock(start: Town.beginning, scheduler: town.scheduler)
    }

    static func address(_ kind: Kind, _ instance: Int) -> Address {
        let ports: [Kind: UInt16] = [.inventory: 7101, .orders: 7102, .payments: 7103]
        return Address(
            host: instance == 0 ? kind.rawValue : "\(kind)-\(instance + 1)",
            port: ports[kind] ?? 0)
    }

    var process: SimulatedProcess? { state.withLock { $0.party?.process } }

    /// The service's own, then sim's journal.
    var databases: [Database] { state.withLock { $0.databases } }

    /// Rows never contradict each other; stock that was fenced for a payment is there until it is
    /// sold, and not sold before; a checkout goes no way that is not in the table.
    private static let bugs = [
        "\"event\":\"batch_failed\"", "\"event\":\"call.failed\"", "corrupt: ",
        "consume was refused", "was consumed before it was paid", "no way from ", "no way on from ",
    ]

    /// libc's search: every line of every history is looked through.
    private static func isBug(_ line: String) -> Bool { bugs.contains { strstr(line, $0) != nil } }

    // MARK: Life

    func start() {
        town.note("\(name) starts")
        let process = SimulatedProcess(on: town.scheduler)
        let party = Party(name: name, process: process)
        let starts = state.withLock { state in
            state.party = party
            state.starts += 1
            return state.starts
        }
        process.whenDead { [disk, town, name] in
            town.note("\(name) is dead")
            // Half of the deaths take what was written and not synced.
            if town.random.below(2) == 0 { disk.powerCut() } else { disk.processDies() }
        }
        let world = World(
            scheduler: process, clock: clock,
            random: SeededRandom(seed: town.seed &+ starts &* 0x9e37_79b9 &+ UInt64(name.count)),
            log: Log(service: name, least: .info, clock: clock) { [town] in
                town.note($0)
                // Nothing that callers do may bring these about.
                if Self.isBug($0) { town.violation($0) }
            },
            metrics: Metrics())
        process.spawn { [self] in
            do { try await serve(Machine(party: party, world: world)) } catch let error
                as StorageError where error.code == .storageFull
            {
                // As its executable does; it is started again.
                process.die()
            } catch {
                town.violation("\(name) does not start: \(error)")
            }
        }
    }

    /// Kills the process, now or at one of its next awaits.
    func kill(afterJobs jobs: Int = 0) {
        guard let process else { return }
        if jobs > 0 { process.die(afterJobs: jobs) } else { process.die() }
    }

    /// Clears away what a dead process leaves in memory.
    func bury() async {
        let databases = state.withLock { state in
            defer { state.databases = [] }
            return state.databases
        }
        for database in databases { await database.close() }
    }

    /// Nobody starts it again: what is on its disk can go.
    func scrap() async {
        kill()
        await bury()
        disk.load(DiskImage(files: [:]))
        disk.close()
    }

    /// Files keep what they have, and get no more.
    func setDisk(full isFull: Bool) { disk.setCapacity(isFull ? disk.usedBytes : .max) }

    // MARK: One process

    private struct Machine {
        let party: Party
        let world: World
    }

    private func serve(_ machine: Machine) async throws {
        let (register, jobs, database) = try await parts(machine)
        var router = Router(log: machine.world.log)
        register(&router)
        let server = Server(
            .init(service: kind.rawValue, store: { database.mark }), router: router,
            credentials: Town.credentials, world: machine.world)
        _ = try await server.start(at: address, on: town.network.seat(of: machine.party))
        for job in jobs {
            machine.world.scheduler.spawn { [town, name] in
                do {
                    try await job.run()
                    town.violation("\(name): \(job.name) ended")
                } catch { town.violation("\(name): \(job.name) ended: \(error)") }
            }
        }
        town.note("\(name) serves")
    }

    private typealias Parts = (
        register: (inout Router) -> Void, jobs: [any Service], database: Database
    )

    private func parts(_ machine: Machine) async throws -> Parts {
        func client(_ peer: Kind) -> Client {
            town.client(kind.rawValue, machine.party, to: peer, instance, machine.world)
        }
        let world = machine.world
        switch kind {
        case .inventory:
            let database = try await open(InventorySchema.migrations, machine)
            let service = InventoryService(
                world: world, database: database, timeZones: TimeZones(["Europe/Vienna"]))
            return (service.register, service.jobs, database)
        case .orders:
            let database = try await open(OrdersSchema.migrations, machine)
            func peers() -> OrdersService.Peers {
                .init(inventory: client(.inventory), payments: client(.payments))
            }
            let service = try await OrdersService(
                world: world, database: database, peers: peers(), readers: peers(),
                ticketKeys: TicketKeys([1: Town.ticketKey]))
            return (service.register, service.jobs, database)
        case .payments:
            let database = try await open(PaymentsSchema.migrations, machine)
            // The provider is elsewhere, and its clock is right.
            let outside = World(
                scheduler: world.scheduler, clock: town.world.clock, random: world.random,
                log: world.log, metrics: world.metrics)
            let elsewhere = Machine(party: machine.party, world: outside)
            let journal = try await open(SimSchema.migrations, elsewhere, beside: "sim")
            func provider(_ configuration: SimConfiguration) -> SimProvider {
                SimProvider(
                    world: outside, journal: journal, configuration: configuration,
                    webhookSecrets: [Town.webhookSecret])
            }
            var recovered = town.sim
            recovered.refundFailedBp = 0
            let sim = provider(town.sim)
            let line = ForgetfulProvider(
                sim: sim, recovered: provider(recovered), network: town.network)
            let service = PaymentsService(
                world: world, database: database, providers: [line], orders: client(.orders))
            // Webhooks come from outside, through a gateway.
            let gateway = town.client("gateway", machine.party, to: .payments, instance, world)
            let jobs = sim.jobs { webhook, provider in
                _ = try await gateway.call(
                    PaymentsAPI.ingestWebhook,
                    IngestWebhookRequest(
                        provider: provider, headers: webhook.headers,
                        rawBody: .init(webhook.rawBody)))
            }
            return (service.register, service.jobs + jobs, database)
        }
    }

    private func open(
        _ migrations: [Migration], _ machine: Machine, beside other: String? = nil
    ) async throws -> Database {
        let location =
            SharedServer.address.map {
                DatabaseLocation.postgresql(
                    url: $0, schema: SharedServer.schema(of: kind, town.seed))
            } ?? .virtual(fileSystem: disk.name, path: "\(kind).db")
        let process = machine.party.process
        let database = try await Database.open(
            other.map { location.beside($0) } ?? location, migrations: migrations,
            world: machine.world, mode: .scheduled
        ) { [town, name] error in
            town.note("\(name): \(error)")
            process.die()
        }
        state.withLock { $0.databases.append(database) }
        return database
    }
}
