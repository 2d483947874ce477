import Contracts
import FoundationEssentials
import Lifecycle
import Processes
import RPC
import Support

/// Sells everything: so many buyers at once, one purchase after the other, until every ticket has
/// been sold and every attempt has ended.
struct Sale: Sendable {
    let floor: SalesFloor
    let house: House
    let killer: Killer
    let buyers: Int
    let seed: UInt64
    let world: World

    /// A service takes 128 calls at once on one connection, and 64 that watch; this leaves room for
    /// those who have left the queue.
    private static let buyersPerConnection = 16
    /// Without any sale for so much longer than a hold lasts the demo gives up.
    private static let stallMs: UInt64 = 60_000

    /// Returns once everything is sold; throws when the sale cannot go on.
    func run() async throws {
        let connections = (buyers + Self.buyersPerConnection - 1) / Self.buyersPerConnection
        let clients = (0..<connections).map {
            house.suites[$0 % house.suites.count].client(of: .orders, as: "gateway")
        }
        defer { for client in clients { client.close() } }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<buyers {
                let client = clients[number / Self.buyersPerConnection]
                group.addTask { try await stand(number, client) }
            }
            group.addTask { try await readAvailability() }
            group.addTask { try await killer.run(floor) }
            group.addTask { try await watchForTrouble() }
            // Not `waitForAll`, which after an error still waits for all the others.
            for try await _ in group {}
        }
    }

    /// One place in the queue. Who thinks, or waits for the provider, leaves it to the next buyer.
    private func stand(_ number: Int, _ client: Client) async throws {
        let random = SeededRandom(seed: seed &* 1_000_003 &+ UInt64(number))
        let buyer = Buyer(offer: floor.offer, orders: client, world: world)
        while !floor.isSoldOut {
            try Task.checkCancellation()
            let least = killer.isDone ? 0 : killer.keepsBack
            guard let (place, attempt) = floor.begin(random, leaving: least) else {
                try await world.scheduler.sleep(ms: 20)
                continue
            }
            let visit = await buyer.arrive(attempt)
            if visit.isOver {
                floor.end(place, visit.attempt)
            } else {
                world.scheduler.spawn { floor.end(place, await buyer.stay(visit)) }
            }
        }
    }

    /// Looks at the stock four times a second, as a shop's page does.
    private func readAvailability() async throws {
        let client = house.suite.client(of: .inventory, as: "gateway")
        defer { client.close() }
        let request = GetAvailabilityRequest(eventId: floor.offer.eventID)
        while !floor.isOver {
            let options = CallOptions(timeoutMs: 2_000, attempts: 1)
            if let reply = try? await client.call(InventoryAPI.getAvailability, request, options) {
                floor.refresh(reply)
            }
            try await world.scheduler.sleep(ms: 250)
        }
    }

    private func watchForTrouble() async throws {
        let stallMs = Self.stallMs + UInt64(floor.offer.holdMs)
        var completed = -1
        var since = world.scheduler.uptimeNanoseconds
        while !floor.isOver {
            if let fault = floor.fault { throw ProcessError(fault) }
            if let death = house.unexpectedDeath {
                throw ProcessError(
                    "\(death.service) \(death.ending) by itself; its log ends with\n  "
                        + death.lastLines.joined(separator: "\n  "))
            }
            let now = world.scheduler.uptimeNanoseconds
            if floor.tally.completed != completed {
                (completed, since) = (floor.tally.completed, now)
            } else if now - since > stallMs * 1_000_000 {
                throw ProcessError("nothing was sold for \(stallMs / 1_000) s")
            }
            try await world.scheduler.sleep(ms: 50)
        }
    }
}
