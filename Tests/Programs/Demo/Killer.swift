import Lifecycle
import Processes
import Synchronization

/// Strikes in the middle of the sale: kills each service once, and starts it again where it has no
/// second instance.
final class Killer: Sendable {
    struct Kill: Sendable {
        /// What was killed, and what showed that it was over.
        let victim: String
        let proof: String
        /// Tickets sold by then.
        let sold: Int64
        let recoveryMs: Double
    }

    private struct Blow: Sendable {
        /// Comes when so much has been sold.
        let eighths: Int64
        let victim: String
        let proof: String
        let strike: @Sendable () async throws -> Void
    }

    private let plan: [Blow]
    private let isPaired: Bool
    private let places: Int64
    private let world: World
    private let done = Mutex<[Kill]>([])

    init(house: House, places: Int64, world: World) {
        plan = (Self.kills(in: house) + Self.failures(of: house.server)).sorted {
            $0.eighths < $1.eighths
        }
        isPaired = house.isPaired
        self.places = places
        self.world = world
    }

    private static func kills(in house: House) -> [Blow] {
        let plan: [(ServiceName, Int64)] = [(.inventory, 2), (.payments, 4), (.orders, 6)]
        return plan.map { service, eighths in
            let suite = house.suites[0]
            guard !house.isPaired else {
                return Blow(eighths: eighths, victim: "\(service) a", proof: "next sale after") {
                    await suite.kill(service)
                }
            }
            return Blow(eighths: eighths, victim: "\(service)", proof: "answered again after") {
                await suite.kill(service)
                try await suite.start(service)
            }
        }
    }

    private static func failures(of server: DatabaseServer?) -> [Blow] {
        guard let server else { return [] }
        return [
            Blow(eighths: 1, victim: "PostgreSQL", proof: "next sale after") {
                try await server.restart()
            },
            Blow(eighths: 5, victim: "the primary", proof: "standby promoted, next sale after") {
                try await server.fail()
            },
        ]
    }

    var kills: [Kill] { done.withLock { $0 } }
    var isDone: Bool { kills.count == plan.count }

    /// Tickets that the buyers leave until the last kill, so that a small event is not sold out
    /// before it.
    var keepsBack: Int64 { places / 10 }

    func run(_ floor: SalesFloor) async throws {
        for blow in plan {
            while floor.tally.sold * 8 < places * blow.eighths {
                try await world.scheduler.sleep(ms: 2)
            }
            let sold = floor.tally.sold
            let start = world.scheduler.uptimeNanoseconds
            floor.news = "killed \(blow.victim)"
            try await blow.strike()
            if isPaired { try await nextSale(floor) }
            let recovery = Double(world.scheduler.uptimeNanoseconds - start) / 1_000_000
            floor.news = "killed \(blow.victim), back after \(Figures.seconds(recovery / 1_000))"
            done.withLock {
                $0.append(
                    Kill(
                        victim: blow.victim, proof: blow.proof, sold: sold, recoveryMs: recovery))
            }
        }
    }

    private func nextSale(_ floor: SalesFloor) async throws {
        let sold = floor.tally.sold
        while floor.tally.sold == sold { try await world.scheduler.sleep(ms: 1) }
    }
}
