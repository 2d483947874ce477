import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Stores
import Support
import Testing

@testable import Inventory

/// Random histories of all methods that move stock: every answer is the reference model's, and
/// every invariant holds after every step. A failure prints its seed.
@Suite struct ModelTests {
    static let seeds = 1...200

    @Test(arguments: StoreFolder.some(of: seeds))
    func everyAnswerIsTheModels(seed: Int) throws {
        let difference = try Self.difference(seed: seed, flaw: nil)
        #expect(difference == nil)
    }

    /// A service that differs from its model is found: here it is the model that is wrong.
    @Test(arguments: ModelFlaw.allCases)
    func aFlawIsFound(_ flaw: ModelFlaw) throws {
        #expect(try Self.seeds.contains { try Self.difference(seed: $0, flaw: flaw) != nil })
    }

    /// Where service and model part in the history of a seed; nil when they never do.
    private static func difference(seed: Int, flaw: ModelFlaw?) throws -> String? {
        try Rig.run(seed: UInt64(seed)) { rig in
            var history = try await History(rig, flaw)
            for step in 1...120 {
                let (what, expected, actual) = try await history.step()
                let place = "seed \(seed), step \(step), \(what)"
                guard expected == actual else { return "\(place): \(actual), not \(expected)" }
                if let problem = try await history.problem() { return "\(place): \(problem)" }
            }
            return nil
        }
    }
}

/// What a model may have wrong.
enum ModelFlaw: CaseIterable, Sendable {
    case roomForOneMore, oneMoreForAnOwner, aMillisecondLonger, aResizeRenews
}

/// One run: the service, the model, and the ids that both know. Ids, owners and orders are few,
/// so that moves meet.
private struct History {
    let rig: Rig
    let event: UUID
    let types: [UUID]
    let ids: [UUID]
    let orders: [UUID]
    let random: SeededRandom
    let origin: Instant
    var model: ReferenceModel
    /// The request that first named a hold: another one would be a conflict, tested elsewhere.
    var asked: [UUID: (lines: [(type: Int, quantity: Int64)], owner: String, order: UUID?)] = [:]

    init(_ rig: Rig, _ flaw: ModelFlaw?) async throws {
        self.rig = rig
        random = SeededRandom(seed: rig.test.world.random.next())
        let allocations: [Int64?] = [random.below(2) == 0 ? 6 : nil, 4, 3]
        let limits: [Int64?] = [nil, random.below(2) == 0 ? 3 : nil, nil]
        let capacity: Int64? = random.below(2) == 0 ? nil : 13
        let offered = capacity == nil ? allocations : [6, 4, 3]
        model = ReferenceModel(
            capacity: capacity,
            allocations: flaw == .roomForOneMore ? offered.map { $0.map { $0 + 1 } } : offered,
            limits: flaw == .oneMoreForAnOwner ? limits.map { $0.map { $0 + 1 } } : limits,
            ttlMs: flaw == .aMillisecondLonger ? 60_001 : 60_000,
            doesResizeRenew: flaw == .aResizeRenews)
        let specs = zip(offered, limits).map { TypeSpec(allocation: $0, perOwner: $1) }
        (event, types) = try await rig.event(capacity: capacity, types: specs)
        ids = (0..<40).map { _ in rig.id() }
        orders = (0..<3).map { _ in rig.id() }
        origin = rig.now
    }

    private func one<Element>(of list: [Element]) -> Element {
        list[Int(random.below(UInt64(list.count)))]
    }

    /// Does one thing to both; gives what it was, what the model says and what the service says.
    mutating func step() async throws -> (what: String, expected: String, actual: String) {
        let pauses: [Int64] = [0, 0, 0, 0, 0, 1, 100, 5_000, 20_000, 59_999, 60_000, 400_000]
        try await rig.pass(ms: one(of: pauses))
        model.now = origin.millisecondsUntil(rig.now)
        model.expireAll()
        // Half of what is done is done to what lives: else most of it would meet the dead.
        let living = ids.filter { model.holds[$0].map { !$0.isOver } ?? false }
        let id = living.isEmpty || random.below(2) == 0 ? one(of: ids) : one(of: living)
        let fence = Fence(orderId: one(of: orders), epoch: Int64(random.below(3)) + 1)
        let maybe = random.below(2) == 0 ? fence : nil
        let rig = rig
        switch random.below(14) {
        case 0..<4: return try await reserve(id, maybe)
        case 4, 5:
            let expected = model.beginCommit(id, fence)
            return (
                "beginCommit", expected, try await answer { try await rig.beginCommit(id, fence) }
            )
        case 6:
            let expected = model.reopen(id, fence)
            return ("reopen", expected, try await answer { try await rig.reopen(id, fence) })
        case 7, 8:
            let expected = model.release(id, maybe)
            return (
                "release", expected, try await answer { try await rig.release(id, fence: maybe) }
            )
        case 9:
            let expected = model.consume(id, fence.orderId)
            let order = fence.orderId
            return (
                "consume", expected, try await answer { try await rig.consume(id, order: order) }
            )
        case 10:
            let atLeastMs = one(of: [Int64(1_000), 90_000, 2_000_000])
            let expected = model.extend(id, atLeastMs)
            return (
                "extend", expected,
                try await answer { try await rig.extend(id, atLeastMs: atLeastMs) }
            )
        case 11, 12: return try await resize(id)
        default:
            model.expireAll()
            _ = try await rig.service.sweepExpired(SweepExpiredRequest(), rig.call(.operator))
            return ("sweep", "", "")
        }
    }

    private mutating func reserve(
        _ id: UUID, _ fence: Fence?
    ) async throws -> (String, String, String) {
        if asked[id] == nil {
            var lines = [(type: Int(random.below(3)), quantity: Int64(random.below(3)) + 1)]
            if lines[0].type < 2, random.below(3) == 0 { lines.append((type: 2, quantity: 1)) }
            asked[id] = (lines, one(of: ["ada", "bob"]), fence?.orderId)
        }
        guard let request = asked[id] else { return ("", "", "") }
        // A fence keeps its order, at the epoch that the model knows, as a runner would.
        let epoch = model.holds[id].map { max($0.epoch, 1) } ?? fence?.epoch ?? 1
        let kept = request.order.map { Fence(orderId: $0, epoch: epoch) }
        let known = model.holds[id]
        var expected = model.reserve(id, request.lines, owner: request.owner, fence: kept)
        if known?.state == .refused { expected = refusals[id] ?? expected }
        if expected.contains("_") { refusals[id] = refusals[id] ?? expected }
        let (rig, event, types) = (rig, event, types)
        let actual = try await answer {
            try await rig.reserve(
                id, event, request.lines.map { (types[$0.type], $0.quantity) },
                owner: request.owner, ttlMs: 60_000, fence: kept)
        }
        return ("reserve", expected, actual)
    }

    private mutating func resize(_ id: UUID) async throws -> (String, String, String) {
        let revision = (model.holds[id]?.revision ?? 1) + one(of: [-1, 0, 1, 1, 1])
        var lines: [(type: Int, quantity: Int64)] = []
        for type in 0..<3 where random.below(2) == 0 {
            lines.append((type, Int64(random.below(4)) + 1))
        }
        let expected = model.resize(id, max(1, revision), lines)
        let (rig, types, asked) = (rig, types, lines)
        let actual = try await answer {
            try await rig.resize(
                id, max(1, revision), asked.map { (types[$0.type], $0.quantity) }, as: rig.orders)
        }
        return ("resize", expected, actual)
    }

    private var refusals: [UUID: String] = [:]

    private func answer(_ call: () async throws -> HoldReply) async throws -> String {
        do { return try await call().state.rawValue } catch let error as RPCError {
            return error.reason.name
        }
    }

    /// What differs between what there is and what the model says; nil when nothing does. What is
    /// over may still be counted as held, until somebody looks.
    func problem() async throws -> String? {
        let violations = try await rig.violations()
        if !violations.isEmpty { return "\(violations)" }
        let stock = try await rig.availability(event, owner: "ada")
        let shown = try await rig.availability(event)
        guard shown.seq == stock.seq, shown.event == stock.event,
            shown.types.map(\.available) == stock.types.map(\.available)
        else { return "what is shown to all is \(shown), and there is \(stock)" }
        var model = model
        model.expireAll()
        for (index, type) in types.enumerated() {
            guard let found = stock.types.first(where: { $0.ticketTypeId == type }) else {
                return "a type is missing"
            }
            let (held, sold) = model.taken(index)
            let yours = model.taken(index, by: "ada").held
            let actual = [found.heldByYou, found.heldByOthers, found.sold]
            if actual != [yours, held - yours, sold] {
                return "type \(index): \(actual), not \([yours, held - yours, sold])"
            }
        }
        for (id, hold) in model.holds {
            let found = try await rig.hold(id)
            if found.state != hold.state {
                return "hold \(id): \(found.state), not \(hold.state)"
            }
            let revision = found.revision ?? 0
            if revision != hold.revision {
                return "hold \(id): revision \(revision), not \(hold.revision)"
            }
        }
        return nil
    }
}
