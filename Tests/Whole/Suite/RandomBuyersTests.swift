import Contracts
import FoundationEssentials
import Lifecycle
import Payments
import RPC
import Stage
import Stores
import Support
import Testing

/// Buyers who do whatever comes to their minds, over a network and a provider that fail, while
/// Orders dies now and then. Everybody ends, and everything adds up.
@Suite struct RandomBuyersTests {
    private static let tokens: [String?] = [
        "sim_ok", "sim_ok", "sim_declined", "sim_slow", "sim_lost_reply", "sim_late", "sim_action",
        nil,
    ]

    private static func sim(_ random: SeededRandom) -> SimConfiguration {
        SimConfiguration(
            seed: random.below(1_000), refundFailedBp: 3_000,
            webhookBp: random.below(2) * 8_000, webhookLateBp: 3_000, webhookTwiceBp: 3_000,
            slowMs: 400, lateMs: Int64(random.below(200_000)),
            actionMs: Int64(random.below(150_000)), replyLimitMs: 500)
    }

    /// One in `odds` calls is lost on its way there or back.
    private static func unreliable(
        _ random: SeededRandom, odds: UInt64
    ) -> FaultyPeer.Plan {
        { _, _ in
            guard random.below(odds) == 0 else { return nil }
            return random.below(2) == 0 ? .requestLost : .replyLost
        }
    }

    private static func live(
        _ rig: SuiteRig, _ event: TestEvent, _ id: UUID, _ random: SeededRandom, lateMs: Int64
    ) async throws {
        try await rig.pass(ms: Int64(random.below(5_000)))
        func token() -> String? { tokens[Int(random.below(UInt64(tokens.count)))] }
        let quantity = 1 + Int64(random.below(3))
        guard random.below(3) > 0 else {
            let request = rig.request(
                event, id: id, quantity: quantity, method: token() ?? "sim_ok",
                owner: id.uuidString, waitMs: Int64(random.below(3_000)))
            _ = try? await rig.purchase(request)
            return
        }
        guard
            let checkout = try? await rig.reserve(
                event, id: id, quantity: quantity, owner: id.uuidString,
                holdTtlMs: 10_000 + Int64(random.below(100_000)))
        else { return }
        for _ in 0..<random.below(5) {
            try await rig.pass(ms: Int64(random.below(20_000)))
            switch random.below(6) {
            case 0: _ = try? await rig.cancel(checkout)
            case 1:
                // Called off while the money is being taken, and when it has just come.
                let isLate = random.below(2) == 0
                _ = try? await rig.pay(
                    checkout, isLate ? "sim_late" : "sim_lost_reply", .sale, waitMs: 0)
                if isLate { try await rig.pass(ms: lateMs + Int64(random.below(900))) }
                _ = try? await rig.cancel(checkout)
            default:
                _ = try? await rig.pay(
                    checkout, token(), random.below(2) == 0 ? .sale : .authCapture,
                    waitMs: Int64(random.below(3_000)))
            }
        }
    }

    @Test(arguments: StoreFolder.some(of: UInt64(1)...20)) func allEndsWell(_ seed: UInt64) throws {
        _ = try Self.ends(seed)
    }

    @Test func everyEndHappens() throws {
        let ends = try (21...30).reduce(into: Set<CheckoutState>()) {
            $0.formUnion(try Self.ends($1))
        }
        #expect(ends == Set(CheckoutState.known.filter(\.isTerminal)), "\(ends.map(\.word))")
    }

    /// How the buyers of one history ended.
    private static func ends(_ seed: UInt64) throws -> Set<CheckoutState> {
        let random = SeededRandom(seed: seed &* 7_919)
        let sim = sim(random)
        return try SuiteRig.run(seed: seed, sim: sim) { rig in
            let event = try await rig.event(capacity: 30)
            let plan = unreliable(random, odds: 3 + random.below(30))
            rig.inventory.plan(plan)
            rig.payments.plan(plan)
            let ids = (0..<24).map { _ in rig.test.world.newID() }
            let buyers = ids.enumerated().map { place, id in
                rig.test.scheduler.spawn {
                    try await live(
                        rig, event, id, SeededRandom(seed: seed &* 1_000 &+ UInt64(place)),
                        lateMs: sim.lateMs)
                }
            }
            for _ in 0..<random.below(4) {
                try await rig.pass(ms: Int64(random.below(20_000)))
                try await rig.restartOrders()
            }
            for buyer in buyers { try await buyer.value }
            rig.inventory.plan { _, _ in nil }
            rig.payments.plan { _, _ in nil }
            var sold: Int64 = 0
            var ends: Set<CheckoutState> = []
            for id in ids {
                guard let end = try? await rig.end(id) else { continue }
                #expect(end.state.isTerminal, "\(end)")
                ends.insert(end.state)
                if end.state == .completed { sold += end.order?.totalQuantity ?? 0 }
            }
            let left = try await rig.availability(event)
            #expect(left.types.map(\.sold) == [sold] && left.event.held == 0)
            try await rig.pass(ms: 600_000)
            try await rig.expectSound()
            return ends
        }
    }
}
