import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Storage
import Support
import Synchronization

/// What came of one seed.
struct Outcome: Sendable, Codable, Equatable {
    let seed: UInt64
    let purchases: Int
    let fingerprint: UInt64
    let violations: [String]
    let injected: [String: Int]
    let calls: Int
    let callsMet: Int
    let methods: [String: Int]
    let ends: [String: Int]
}

/// One history: buyers, staff and gateways act at random while things go wrong; then nothing goes
/// wrong any more, and everything must come to its end.
struct History: Sendable {
    /// Virtual time after the last fault in which every saga ends.
    private static let sagasMs: Int64 = 600_000
    /// And in which late money is found and given back: a payment that was given up is looked at
    /// every five minutes, by a clock that may have stood still for as long as it was set back.
    private static let moneyMs: Int64 = 1_800_000

    private let town: Town
    private let log = CallersLog()
    private let staff: Staff
    private let judge: Judge

    private init(_ town: Town) {
        self.town = town
        staff = Staff(town: town)
        judge = Judge(town: town, log: log)
    }

    static func run(
        seed: UInt64, trace: (@Sendable (String) -> Void)? = nil
    ) throws -> Outcome {
        let town = Town(seed: seed, trace: trace)
        let history = History(town)
        var ends: [String: Int] = [:]
        do { ends = try town.scheduler.run { try await history.live() } } catch is Deadlock {
            town.violation("somebody waits for what never comes")
        }
        let toll = town.network.toll
        return Outcome(
            seed: seed, purchases: history.log.purchases.count,
            fingerprint: town.network.fingerprint, violations: town.violations,
            injected: toll.injected, calls: toll.calls, callsMet: toll.callsMet,
            methods: town.network.calls, ends: ends)
    }

    private var random: SeededRandom { town.random }

    /// How long nothing goes wrong before the books are looked at. What an instance that shares its
    /// store has left is another's only when its lease is over, and is put right by that one: rows
    /// that a clock wrote which was ahead, and was set back since, are not looked at before.
    private static let calmMs: Int64 = SharedServer.instances > 1 ? 20_000 : 5_000

    private func live() async throws -> [String: Int] {
        try await SharedServer.clear(town)
        for node in town.nodes { node.start() }
        var buyers = 0
        for _ in 0..<1 + random.below(2) {
            guard let stage = try await staff.stage() else { break }
            let chaos = Chaos(town)
            try await chaos.begin()
            buyers = 12 + Int(random.below(20))
            try await sell(stage, to: buyers, chaos)
            try await chaos.end()
            try await town.pass(ms: Self.calmMs)
            _ = try await judge.verify()
        }
        let ends = try await settle()
        for node in town.nodes { await node.scrap() }
        try await SharedServer.clear(town)
        return ends
    }

    private func sell(_ stage: Stage, to count: Int, _ chaos: Chaos) async throws {
        let buyers = (0..<count).map { number in
            town.world.scheduler.spawn { [town, log] in
                let owner = "buyer\(number / 2)"
                try await Buyer(town: town, log: log, stage: stage, owner: owner).live()
            }
        }
        let desk = town.world.scheduler.spawn { [town, log, staff] in
            for _ in 0..<town.random.below(6) {
                try await town.pass(upToMs: 20_000)
                try await staff.act(on: stage, checkouts: log.purchases)
            }
        }
        for buyer in buyers { try await buyer.value }
        try await desk.value
    }

    /// Waits until everything has come to its end; gives how each purchase did.
    private func settle() async throws -> [String: Int] {
        let start = town.scheduler.uptimeNanoseconds
        var attempt = 0
        while true {
            try await town.pass(ms: min(60_000, 5_000 << min(attempt, 4)))
            let faults = try await judge.faults()
            let (ends, open, parked) = try await states()
            if faults.isEmpty { return ends }
            let spentMs = Int64((town.scheduler.uptimeNanoseconds - start) / 1_000_000)
            if spentMs > (open == 0 ? Self.moneyMs : Self.sagasMs) {
                for fault in faults { town.violation(fault) }
                return ends
            }
            try await staff.clearUp(parked, attempt: attempt)
            attempt += 1
        }
    }

    /// How many purchases stand in each state and have not ended, and those that wait for a human.
    private func states() async throws -> (counts: [String: Int], open: Int, parked: [UUID]) {
        var counts: [String: Int] = [:]
        var open = 0
        var parked: [UUID] = []
        for id in log.purchases {
            let answer = try await town.insist(
                "gateway", .orders, OrdersAPI.getCheckout, GetCheckoutRequest(checkoutId: id),
                forMs: 60_000)
            switch answer {
            case .success(let reply):
                counts[reply.state.word, default: 0] += 1
                if !reply.state.isTerminal { open += 1 }
                if reply.state == .parked { parked.append(id) }
            // Its first commit was never made.
            case .failure: counts["NOT BEGUN", default: 0] += 1
            case nil:
                counts["SILENT", default: 0] += 1
                open += 1
            }
        }
        return (counts, open, parked)
    }
}
