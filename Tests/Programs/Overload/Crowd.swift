import Contracts
import FoundationEssentials
import Lifecycle
import Net
import Processes
import RPC

/// Callers of Orders under one identity, over several connections and on an event loop of their
/// own, so that one crowd does not wait for another.
final class Crowd: Sendable {
    let world: World
    let network: CountingNetwork
    let clients: [Client]
    private let loop: EventLoop

    init(_ rig: Rig, as identity: String, connections: Int) throws {
        let loop = try EventLoop()
        try loop.start(name: identity)
        self.loop = loop
        let world = World.real(on: loop)
        self.world = world
        let network = CountingNetwork(TCPNetwork(loop: loop))
        self.network = network
        clients = (0..<connections).map { _ in
            Client(
                to: "orders", at: rig.suite.address(of: .orders), on: network,
                as: rig.suite.credentials.credential(of: identity), world: world)
        }
    }

    func close() {
        for client in clients { client.close() }
        _ = loop.schedule(afterMs: 100) { [loop] in loop.stop() }
    }

    /// Calls that were asked again.
    var retries: Int64 {
        world.metrics.counters().first { $0.name == "rpc.retries" }?.value ?? 0
    }

    typealias Call = @Sendable (Client, World) async throws -> Void

    /// Each caller calls as soon as it was answered, or every so often if that is later.
    func closed(
        callers: Int, ms: Int64, everyMs: Int64 = 0, _ call: @escaping Call
    ) async throws -> Tally {
        let (world, clients, tally) = (world, clients, Tally())
        let end = nanoseconds() + UInt64(ms) * 1_000_000
        try await world.scheduler.spawn {
            await withDiscardingTaskGroup { group in
                for caller in 0..<callers {
                    let client = clients[caller % clients.count]
                    group.addTask {
                        if everyMs > 0 {
                            // Not all at the same moment.
                            let first = everyMs * Int64(caller) / Int64(callers)
                            try? await world.scheduler.sleep(ms: first)
                        }
                        while nanoseconds() < end {
                            let began = nanoseconds()
                            await Self.record(call, client, world, began, tally)
                            let spent = Int64((nanoseconds() - began) / 1_000_000)
                            if spent < everyMs {
                                try? await world.scheduler.sleep(ms: everyMs - spent)
                            }
                        }
                    }
                }
                try? await world.scheduler.sleep(ms: ms)
                tally.stop()
            }
        }.value
        return tally
    }

    /// So many calls a second, whether those before were answered or not.
    func open(rate: Double, ms: Int64, _ call: @escaping Call) async throws -> Tally {
        let (world, clients, tally) = (world, clients, Tally())
        try await world.scheduler.spawn {
            await withDiscardingTaskGroup { group in
                let start = nanoseconds()
                let end = start + UInt64(ms) * 1_000_000
                var made = 0
                while nanoseconds() < end {
                    let due = Int(rate * Double(nanoseconds() - start) / 1e9)
                    while made < due {
                        let client = clients[made % clients.count]
                        group.addTask {
                            await Self.record(call, client, world, nanoseconds(), tally)
                        }
                        made += 1
                    }
                    try? await world.scheduler.sleep(ms: 2)
                }
                tally.stop()
            }
        }.value
        return tally
    }

    private static func record(
        _ call: Call, _ client: Client, _ world: World, _ began: UInt64, _ tally: Tally
    ) async {
        do {
            try await call(client, world)
            tally.record(.done, since: began)
        } catch {
            tally.record(Ending(error), since: began)
        }
    }
}

/// A purchase that nobody knows the end of yet.
struct StillRunning: Error, CustomStringConvertible {
    let description = "still running"
}

extension Programme.Choice {
    /// Buys some of its tickets in one call.
    func buy(
        quantity: Int64 = 2, attempts: Int = 1, timeoutMs: Int64 = 10_000
    ) -> Crowd.Call {
        { client, world in
            let id = world.newID()
            let request = purchase(id, owner: "user:\(id.uuidString)", quantity: quantity)
            let reply = try await client.call(
                OrdersAPI.purchase, request,
                CallOptions(timeoutMs: timeoutMs, attempts: attempts))
            guard reply.state == .completed else { throw StillRunning() }
        }
    }
}
