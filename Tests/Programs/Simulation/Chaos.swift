import Lifecycle
import Support
import Synchronization

/// Makes things go wrong until it is told to stop, and brings the dead back.
final class Chaos: Sendable {
    private let town: Town
    private let isOver = Mutex(false)
    private let work = Mutex([Task<Void, any Error>]())

    init(_ town: Town) { self.town = town }

    private var random: SeededRandom { town.random }

    func begin() async throws {
        town.network.set(town.weather)
        town.network.whenSent { [self] in strike($0) }
        let tasks = town.nodes.map { node in
            town.world.scheduler.spawn { [self] in try await tend(node) }
        }
        let storm = town.world.scheduler.spawn { [self] in try await rage() }
        work.withLock { $0 = tasks + [storm] }
    }

    /// Everything works again: services run, nothing is cut off.
    func end() async throws {
        isOver.withLock { $0 = true }
        town.network.whenSent { _ in }
        for node in town.nodes { node.process?.die(afterJobs: nil) }
        for node in town.nodes { node.setDisk(full: false) }
        for task in work.withLock({ $0 }) { try await task.value }
        town.network.set(.calm)
        town.network.heal()
    }

    /// A second at a time.
    private func rage() async throws {
        while true {
            try await town.pass(ms: 1_000)
            if isOver.withLock({ $0 }) { return }
            let weather = town.weather
            for node in town.nodes {
                if weather.happens(.death, random) {
                    town.network.note(.death)
                    node.kill(afterJobs: Int(random.below(600)))
                }
                if weather.happens(.clockJump, random) {
                    town.network.note(.clockJump)
                    node.clock.jump(byMs: Int64(random.below(240_000)) - 120_000)
                }
                if weather.happens(.diskFull, random) { fill(node) }
            }
            if weather.happens(.deathAtOnce, random) {
                town.network.note(.deathAtOnce)
                for node in town.nodes { node.kill() }
            }
            if weather.happens(.partition, random) { part(.partition) }
            if weather.happens(.oneWay, random) { part(.oneWay) }
        }
    }

    /// Cuts two off from each other for a while.
    private func part(_ kind: Weather.Kind) {
        let names = town.nodes.map(\.name) + ["outside"]
        let from = names[Int(random.below(UInt64(names.count)))]
        let to = names[Int(random.below(UInt64(names.count)))]
        guard from != to else { return }
        town.network.note(kind)
        let there = SimulatedNetwork.Route(from: from, to: to)
        let back = SimulatedNetwork.Route(from: to, to: from)
        town.network.block(there)
        if kind == .partition { town.network.block(back) }
        _ = town.scheduler.schedule(afterMs: 1_000 + Int64(random.below(60_000))) { [town] in
            town.network.unblock(there)
            town.network.unblock(back)
        }
    }

    /// Kills whom something is sent to while it is busy with that.
    private func strike(_ route: SimulatedNetwork.Route) {
        guard let node = town.nodes.first(where: { $0.name == route.to }),
            town.network.strikes(.deathAtWork)
        else { return }
        node.kill(afterJobs: 1 + Int(random.below(random.below(2) == 0 ? 60 : 4)))
    }

    /// Whatever grows finds no room for some seconds.
    private func fill(_ node: Node) {
        town.network.note(.diskFull)
        node.setDisk(full: true)
        _ = town.scheduler.schedule(afterMs: Int64(random.below(10_000))) {
            node.setDisk(full: false)
        }
    }

    /// Starts a service again some time after it died.
    private func tend(_ node: Node) async throws {
        while true {
            if node.process?.isAlive != true {
                await node.bury()
                if !isOver.withLock({ $0 }) { try await town.pass(upToMs: 15_000) }
                node.start()
            } else if isOver.withLock({ $0 }) {
                return
            }
            try await town.pass(ms: 250)
        }
    }
}
