import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Stage
import Stores
import Support
import Testing
import Wire

/// Every method, asked by those who may call it for what nobody sane would ask: the ends of each
/// field's range and one beyond, ids of nothing and of other things, other types, too much.
@Suite struct HostileTests {
    /// What a gateway or an operator asks for breaks no invariant either.
    @Test(arguments: StoreFolder.some(of: [1, 2] as [UInt64]))
    func whatOutsidersAskForHarmsNobody(_ seed: UInt64) throws {
        try SuiteRig.run(seed: seed) { rig in
            try await Self.ask(rig, seed: seed, as: [.gateway, .operator])
            try await rig.pass(ms: 7_200_000)
            for (service, verify) in Self.verifications {
                let reply = try await rig.caller("operator", to: service).call(
                    verify, VerifyRequest())
                #expect(reply.violations == [], "\(service)")
            }
        }
    }

    /// A service that is out of its mind may spoil books, but stops no other.
    @Test(arguments: StoreFolder.some(of: [3, 4] as [UInt64]))
    func whatServicesAskForStopsNobody(_ seed: UInt64) throws {
        try SuiteRig.run(seed: seed) { rig in
            try await Self.ask(rig, seed: seed, as: [.inventory, .orders, .payments, .operator])
        }
    }

    private static let verifications = [
        ("inventory", InventoryAPI.verifyInvariants), ("orders", OrdersAPI.verifyInvariants),
        ("payments", PaymentsAPI.verifyInvariants),
    ]

    private static func ask(_ rig: SuiteRig, seed: UInt64, as roles: [Role]) async throws {
        let random = Seeded(seed)
        let methods = (InventoryAPI.methods + OrdersAPI.methods + PaymentsAPI.methods)
            .filter { !$0.callers.isDisjoint(with: roles) }
        var bodies = HostileBodies(random, newID: rig.test.world.newID)
        for round in 0..<1_000 {
            if round.isMultiple(of: 125) {
                // The last costs nearly what a payment holds, with fee and tax.
                let price: Int64 = [0, 1, 4_200, 840_000_000_000][round / 125 % 4]
                let event = try await rig.event(capacity: 2_000, price: price)
                (bodies.event, bodies.type) = (event.id, event.type)
            }
            let method = methods[random.below(methods.count)]
            guard let role = roles.first(where: method.callers.contains),
                let service = method.name.split(separator: ".").first
            else { continue }
            let body = bodies.body(of: method)
            do {
                _ = try await rig.caller(role.name, to: String(service)).call(
                    Method<EncodedBody, EncodedBody>(
                        method.name, .query, callers: [], .anybody, ""),
                    EncodedBody(bytes: CBOR.encode(body)),
                    CallOptions(timeoutMs: 3_000, attempts: 1))
            } catch let error as RPCError {
                let isAnswer = error.reason != .internal && error.reason != .protocolError
                #expect(isAnswer, "\(method.name) \(body): \(error)")
            }
        }
    }
}

/// Makes requests that lie in the bounds of a field table, at its ends, or beyond.
private struct HostileBodies {
    private let random: Seeded
    private let newID: @Sendable () -> UUID
    private var ids: [UUID]
    var event: UUID
    var type: UUID

    init(_ random: Seeded, newID: @escaping @Sendable () -> UUID) {
        self.random = random
        self.newID = newID
        (event, type) = (newID(), newID())
        ids = [event]
    }

    mutating func body(of method: AnyMethod) -> Value {
        let wildness = [0, 0, 3, 10][random.below(4)]
        return message(method.request, wildness)
    }

    private func isLucky(_ percent: Int) -> Bool { random.below(100) < percent }

    private func pick<Element>(_ elements: [Element]) -> Element {
        elements[random.below(elements.count)]
    }

    private mutating func message(_ fields: [Field], _ wildness: Int) -> Value {
        var entries: [(String, Value)] = []
        for field in fields where !isLucky(field.isRequired ? wildness : 50) {
            let value =
                isLucky(wildness)
                ? random.value(depth: 2) : value(field.type, named: field.name, wildness)
            entries.append((field.name, value))
        }
        if isLucky(wildness) { entries.append(("nobodyKnowsThis", 1)) }
        return .map(entries)
    }

    private mutating func value(_ type: FieldType, named name: String, _ wildness: Int) -> Value {
        switch type {
        case .flag: return .bool(isLucky(50))
        case .integer(let range): return .integer(integer(range, isBeyond: isLucky(wildness)))
        case .instant: return .integer(pick([.min, -1, 0, 1, 4_102_444_800_000, .max]))
        case .id: return .id(id(named: name))
        case .text(let maxBytes, _): return .text(text(maxBytes, named: name, wildness))
        case .word(let words): return .text(isLucky(wildness) ? "NEVER_HEARD_OF" : pick(words))
        case .bytes(let maxBytes): return .bytes(random.bytes(min(maxBytes, 64)))
        case .message(let fields, _): return message(fields, wildness)
        case .list(let element, let maxCount):
            let count = isLucky(wildness) ? maxCount + 1 : pick([0, 1, 1, 2])
            return .array((0..<count).map { _ in value(element, named: name, wildness) })
        case .map(let entry, _): return .map([("a", value(entry, named: name, wildness))])
        case .any: return random.value(depth: 2)
        }
    }

    private func integer(_ range: ClosedRange<Int64>, isBeyond: Bool) -> Int64 {
        let (low, high) = (range.lowerBound, range.upperBound)
        if isBeyond { return pick([.min, .max, low == .min ? low : low - 1, -1]) }
        return pick([low, low, low, high, min(high, max(low, 2))])
    }

    private mutating func id(named name: String) -> UUID {
        if name == "eventId", isLucky(90) { return event }
        if name == "ticketTypeId", isLucky(90) { return type }
        if isLucky(70) { return pick(ids + [event, type]) }
        ids.append(newID())
        if ids.count > 12 { ids.remove(at: 1) }
        return ids[ids.count - 1]
    }

    private func text(_ maxBytes: Int, named name: String, _ wildness: Int) -> String {
        if isLucky(wildness) { return String(repeating: "x", count: maxBytes + 1) }
        switch name {
        case "email" where isLucky(95): return "ann@example.org"
        case "currency" where isLucky(95): return "EUR"
        case "provider" where isLucky(95): return "sim"
        case "timezone" where isLucky(95): return "Europe/Vienna"
        case "paymentMethod": return pick(["sim_ok", "sim_declined", "sim_late", "sim_action"])
        default: return pick(["a", "EUR", "' OR 1=1 --", "%", "\0", "\u{1F600}"])
        }
    }
}
