import FoundationEssentials
import Glibc
import Lifecycle
import Processes
import Support
import Synchronization

/// Makes things go wrong by plan: the seed says what, when, and to whom. One thing at a time is
/// begun, but pauses and outages last while others begin.
final class Supervisor: Sendable {
    private struct State {
        /// When the provider is back, in nanoseconds of uptime.
        var awayUntil: UInt64?
        var paused: [ScheduledTimer] = []
    }

    /// In the storm, out of a hundred.
    private static let shares: [(UInt64, Harm)] = [
        (34, .killOne), (14, .killSeveral), (16, .killAgain), (8, .pause), (8, .drain),
        (8, .drainCut), (7, .clockJump), (5, .providerAway),
    ]

    let town: Town
    let options: Options
    private let lane: Lane
    private let state = Mutex(State())

    init(_ town: Town, _ lane: Lane, _ options: Options) {
        self.town = town
        self.lane = lane
        self.options = options
    }

    var suite: ServiceSuite { town.suite }
    var toll: Toll { town.toll }
    var random: SeededRandom { town.random }
    private var now: UInt64 { town.world.scheduler.uptimeNanoseconds }

    /// Returns once the round's time is over, with what must not have been.
    func run() async throws -> [String] {
        switch lane {
        case .steps: return try await dieAtEveryStep()
        case .drains: return try await drainAgainAndAgain()
        case .partitions: return try await cutOff()
        case .storm: return try await storm()
        }
    }

    func storm() async throws -> [String] {
        let end = now + options.stormMs * 1_000_000
        var findings: [String] = []
        // A slow machine takes longer, but kills as often.
        while now < end || toll.kills < options.kills {
            try await town.pass(upToMs: 400)
            try await endOutage(at: now)
            findings += try await begin(draw())
            town.clocks?.tidy()
            if let server = town.server, random.below(6) == 0 {
                try await server.restart()
                toll.add(.databaseCrash)
            }
        }
        return findings
    }

    private func draw() -> Harm {
        var draw = random.below(100)
        for (share, harm) in Self.shares {
            if draw < share { return harm }
            draw -= share
        }
        return .killOne
    }

    private func service() -> ServiceName {
        ServiceName.allCases[Int(random.below(3))]
    }

    private func begin(_ harm: Harm) async throws -> [String] {
        switch harm {
        case .killSeveral: try await killSeveral()
        case .killAgain: try await killAgain(service())
        case .pause: pause(service())
        case .drain: return try await drain(service()).map { [$0] } ?? []
        case .drainCut: try await cutDrain(service())
        case .clockJump: town.clocks?.jump(service(), random)
        case .providerAway: try await takeProviderAway()
        default: try await kill(service())
        }
        return []
    }

    /// Everything works again: services run, clocks are right, the provider is there.
    func heal() async throws {
        for timer in state.withLock({ $0.paused }) { timer.cancel() }
        for service in ServiceName.allCases { suite.send(SIGCONT, to: service) }
        town.clocks?.reset()
        try await town.network?.heal()
        try await endOutage(at: .max)
        for service in ServiceName.allCases where suite.processID(of: service) == nil {
            try await suite.start(service)
        }
    }

    // MARK: Kills

    private func kill(_ service: ServiceName) async throws {
        await suite.kill(service)
        toll.add(.killOne, kills: 1)
        try await town.pass(upToMs: 300)
        try await suite.start(service)
    }

    private func killSeveral() async throws {
        var services = ServiceName.allCases
        if random.below(2) == 0 { services.remove(at: Int(random.below(3))) }
        await withTaskGroup { group in
            for service in services { group.addTask { [suite] in await suite.kill(service) } }
        }
        toll.add(.killSeveral, kills: services.count)
        try await town.pass(upToMs: 300)
        try await withThrowingTaskGroup { group in
            for service in services {
                group.addTask { [suite] in try await suite.start(service) }
            }
            try await group.waitForAll()
        }
    }

    /// Once more while it comes back.
    private func killAgain(_ service: ServiceName) async throws {
        await suite.kill(service)
        toll.addKill()
        try await suite.launch(service)
        try await town.pass(upToMs: 300)
        await suite.kill(service)
        toll.add(.killAgain, kills: 1)
        try await suite.start(service)
    }

    private func cutDrain(_ service: ServiceName) async throws {
        let ending = await suite.stop(service, withinMs: 1_000)
        toll.add(.drainCut, kills: ending == .signalled(SIGKILL) ? 1 : 0)
        try await suite.start(service)
    }

    // MARK: Pauses, stops, outages

    private func pause(_ service: ServiceName) {
        suite.send(SIGSTOP, to: service)
        toll.add(.pause)
        let timer = town.world.scheduler.schedule(
            afterMs: 1_000 + Int64(random.below(7_000))
        ) { [suite] in suite.send(SIGCONT, to: service) }
        state.withLock { $0.paused.append(timer) }
    }

    /// Nil when it went as it should.
    func drain(_ service: ServiceName) async throws -> String? {
        // A paused one hears of it when it goes on.
        suite.send(SIGCONT, to: service)
        let ending = await suite.stop(service)
        toll.add(.drain)
        try await town.pass(upToMs: 200)
        try await suite.start(service)
        return Self.complaint(service, ending)
    }

    /// What is wrong with the end of a service that was asked to stop.
    static func complaint(_ service: ServiceName, _ ending: ChildProcess.Ending?) -> String? {
        guard ending != .exited(0) else { return nil }
        let how = ending.map(String.init(describing:)) ?? "was gone already"
        return "\(service) was asked to stop, and \(how)"
    }

    private func takeProviderAway() async throws {
        guard state.withLock({ $0.awayUntil == nil }) else { return }
        suite.set(
            "TURNSTILE_SIM", to: "unavailableBp=10000,\(Town.simSettings)", for: .payments)
        try await kill(.payments)
        toll.add(.providerAway)
        let until = now + (2_000 + random.below(6_000)) * 1_000_000
        state.withLock { $0.awayUntil = until }
    }

    private func endOutage(at time: UInt64) async throws {
        let isOver = state.withLock { state in
            guard let until = state.awayUntil, time >= until else { return false }
            state.awayUntil = nil
            return true
        }
        guard isOver else { return }
        suite.set("TURNSTILE_SIM", to: nil, for: .payments)
        try await kill(.payments)
    }
}
