import Lifecycle
import Processes
import Synchronization

/// Kills each service once in the middle of the sale and starts it again.
final class Killer: Sendable {
    struct Kill: Sendable {
        let service: ServiceName
        /// Tickets sold by then.
        let sold: Int64
        /// From the kill to the first answer of the process that took its place.
        let recoveryMs: Double
    }

    /// When a quarter, a half and three quarters have been sold.
    private static let plan: [(service: ServiceName, quarter: Int64)] = [
        (.inventory, 1), (.payments, 2), (.orders, 3),
    ]

    private let suite: ServiceSuite
    private let places: Int64
    private let world: World
    private let done = Mutex<[Kill]>([])

    init(suite: ServiceSuite, places: Int64, world: World) {
        self.suite = suite
        self.places = places
        self.world = world
    }

    var kills: [Kill] { done.withLock { $0 } }
    var isDone: Bool { kills.count == Self.plan.count }

    /// Tickets that the buyers leave until the last kill, so that a small event is not sold out
    /// before it.
    var keepsBack: Int64 { places / 10 }

    func run(_ floor: SalesFloor) async throws {
        for (service, quarter) in Self.plan {
            while floor.tally.sold * 4 < places * quarter { try await world.scheduler.sleep(ms: 2) }
            let sold = floor.tally.sold
            let start = world.scheduler.uptimeNanoseconds
            floor.news = "killed \(service)"
            await suite.kill(service)
            try await suite.start(service)
            let recovery = Double(world.scheduler.uptimeNanoseconds - start) / 1_000_000
            floor.news = "killed \(service), back after \(Figures.seconds(recovery / 1_000))"
            done.withLock {
                $0.append(Kill(service: service, sold: sold, recoveryMs: recovery))
            }
        }
    }
}
