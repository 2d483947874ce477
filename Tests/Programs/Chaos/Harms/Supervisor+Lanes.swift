import Glibc
import Lifecycle
import Processes

extension Supervisor {
    /// Nobody but those who are asked to stop goes away.
    func drainAgainAndAgain() async throws -> [String] {
        var findings: [String] = []
        for number in 0..<options.drains {
            try await town.pass(ms: 250 + Int64(random.below(500)))
            let services: [ServiceName] = [.orders, .inventory, .orders, .payments]
            if let finding = try await drain(services[number % services.count]) {
                findings.append(finding)
            }
        }
        return findings
    }

    /// Cuts one off from another for a while, in both directions or in one.
    func cutOff() async throws -> [String] {
        guard let network = town.network else { return [] }
        for number in 0..<options.partitions {
            let (service, peer) = PrivateNetwork.pairs[number % PrivateNetwork.pairs.count]
            let isFull = (number + number / PrivateNetwork.pairs.count) % 2 == 0
            let isIncoming = random.below(2) == 0
            try await network.cut(
                service, from: peer, incoming: isFull || isIncoming,
                outgoing: isFull || !isIncoming)
            toll.add(isFull ? .partition : .oneWay)
            // Some outlast the callers' patience.
            let leastMs: Int64 = number % 3 == 2 ? 8_000 : 500
            try await town.pass(ms: leastMs + Int64(random.below(5_000)))
            try await network.heal()
            try await town.pass(ms: 300 + Int64(random.below(1_500)))
        }
        return []
    }

    /// Each service dies at one of its places after the other, while the other two do the same.
    func dieAtEveryStep() async throws -> [String] {
        let points = Set(CrashTable.rows.flatMap { $0.places }.map { CrashPoint($0.place) })
        let ordered = points.sorted { $0.place < $1.place }
        return try await withThrowingTaskGroup(of: [String].self) { group in
            for service in ServiceName.allCases {
                let own = ordered.filter { $0.service == service }
                group.addTask { try await self.die(service, at: own) }
            }
            var findings: [String] = []
            for try await found in group { findings += found }
            return findings
        }
    }

    /// How often a service dies at each of its places, at least and if it can be had, and how long
    /// it has for it each time.
    private static let leastDeaths = 2
    private static let wantedDeaths = 3
    private static let patienceMs: Int64 = 6_000
    private static let tries = 9

    private func die(_ service: ServiceName, at points: [CrashPoint]) async throws -> [String] {
        var missing: [String] = []
        await suite.kill(service)
        toll.addKill()
        for point in points {
            var deaths = 0
            for number in 0..<Self.tries
            where number < Self.wantedDeaths || deaths < Self.leastDeaths {
                // Not always the first one that comes by.
                let times = number == 0 ? 1 + random.below(3) : 1
                if try await die(service, at: "\(point)@\(times)") {
                    toll.died(at: point.place)
                    deaths += 1
                }
                try await town.pass(upToMs: 150)
            }
            if deaths < Self.leastDeaths {
                missing.append("\(service) came by \(point) only \(deaths) times")
            }
        }
        try await suite.start(service)
        return missing
    }

    /// False when it did not come by the place in time, and was killed elsewhere.
    private func die(_ service: ServiceName, at place: String) async throws -> Bool {
        let start = town.world.scheduler.uptimeNanoseconds
        let child = try await suite.launch(service, with: ["TURNSTILE_FAILPOINT": place])
        let timer = town.world.scheduler.schedule(afterMs: Self.patienceMs) {
            child.send(SIGKILL)
        }
        let ending = await child.ending()
        timer.cancel()
        let tookMs = Int64((town.world.scheduler.uptimeNanoseconds - start) / 1_000_000)
        if tookMs >= Self.patienceMs { toll.addKill() }
        return ending == .signalled(SIGKILL) && tookMs < Self.patienceMs
    }
}
