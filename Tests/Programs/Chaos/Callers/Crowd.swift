import Lifecycle
import Processes
import RPC
import Support
import Synchronization

/// The buyers of a round, a few to a connection.
final class Crowd: Sendable {
    private static let perConnection = 2
    /// How long buyers wait for their answers once everything works again.
    private static let patienceMs: Int64 = 25_000

    let log: CallersLog
    let hours = OpeningHours()
    private let town: Town
    private let buyers: [Buyer]
    private let clients: [Client]
    private let tasks = Mutex([Task<Void, any Error>]())

    init(_ town: Town, _ stage: Stage, _ options: Options) throws {
        self.town = town
        log = try CallersLog(at: town.folder.file("callers.jsonl"), world: town.world)
        var clients: [Client] = []
        var buyers: [Buyer] = []
        for number in 0..<options.buyers {
            if number % Self.perConnection == 0 {
                for service in [ServiceName.orders, .inventory] {
                    clients.append(
                        town.suite.client(
                            of: service, as: "gateway", through: town.way(to: service)))
                }
            }
            buyers.append(
                Buyer(
                    stage: stage, orders: clients[clients.count - 2],
                    inventory: clients[clients.count - 1], log: log, hours: hours,
                    world: town.world,
                    random: SeededRandom(seed: town.random.next()), thinkMs: options.thinkMs))
        }
        self.clients = clients
        self.buyers = buyers
    }

    func come() {
        let scheduler = town.world.scheduler
        tasks.withLock { $0 = buyers.map { buyer in scheduler.spawn { await buyer.live() } } }
    }

    /// Returns once all have gone; nobody new came for a while.
    func leave() async {
        let timer = town.world.scheduler.schedule(afterMs: Self.patienceMs) { [hours] in
            hours.end()
        }
        for task in tasks.withLock({ $0 }) { try? await task.value }
        timer.cancel()
        for client in clients { client.close() }
    }
}
