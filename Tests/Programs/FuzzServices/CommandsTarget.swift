import Contracts
import FoundationEssentials
import Fuzz
import Lifecycle
import RPC
import Support
import Synchronization
import Wire

/// Any requests to any methods of the three services, one after another, with time passing between
/// them. Each is answered once, by a reply that its own table passes or by an error that somebody
/// meant, and no store of a service ever contradicts itself.
///
/// Input: a call after another: its method; how much time passes before it, and who asks; the
/// choices that make its body, or the body as it is, either behind its length. The plainest choices
/// are a purchase that is paid, and calls that belong to it.
final class CommandsTarget: FuzzTarget {
    private static let methods =
        InventoryAPI.methods + PaymentsAPI.methods + OrdersAPI.methods
    private static let mostCalls = 8

    private let houses = HouseKeeper(mostInputs: 64)

    func run(_ input: [UInt8]) {
        do {
            let house = try houses.house(for: input)
            let ids = try house.scheduler.run { [ids = houses.ids] in
                try await Self.call(house, Choices(input), ids)
            }
            houses.keep(ids)
            if houses.isCheckDue { try house.scheduler.run { try await Self.verify(house) } }
        } catch { must(false, "the services do not come to an end: \(error)") }
    }

    /// Returns the ids that the replies named: the next calls name them again.
    private static func call(
        _ house: House, _ choices: consuming Choices, _ ids: [UUID]
    ) async throws -> [UUID] {
        var found: [UUID] = []
        for _ in 0..<mostCalls where !choices.isEmpty {
            let method = choices.of(methods)
            let flags = choices.byte()
            let pause: Int64 = [0, 0, 0, 0, 0, 50, 1_500, 20_000][Int(flags % 8)]
            let actor = flags & 0x40 == 0 ? nil : Actor(id: "ann", kind: "user")
            var body: [UInt8]
            if flags & 0x80 == 0 {
                let maker = MessageMaker(ids: ids + found, usual: usual)
                var own = Choices(choices.bytes(Int(choices.byte())))
                var writer = CBORWriter()
                writer.value(maker.message(method.request, &own))
                body = writer.bytes
            } else {
                body = choices.bytes(Int(choices.number(bytes: 2)))
            }
            if pause > 0 { try await house.scheduler.sleep(ms: pause) }
            let answer = await house.service(of: method).answer(
                method.name, body, actor: actor)
            found += check(answer, to: body, method, house)
        }
        return found
    }

    private static let usual: [String: Value] = [
        "eventId": .id(House.event), "ticketTypeId": .id(House.type), "owner": "ann",
        "email": "ann@example.org", "provider": "sim", "paymentMethod": "sim_ok",
        "currency": "EUR", "amount": 10_000, "expectedVersion": 1, "afterSeq": 0,
        "startsAt": 1_900_000_000_000,
    ]

    /// Returns the ids that the reply names.
    private static func check(
        _ answer: LocalService.Answer?, to body: [UInt8], _ method: AnyMethod, _ house: House
    ) -> [UUID] {
        switch answer {
        case nil:
            must(false, "nobody answers \(method.name)")
            return []
        case .failure(let error):
            must(
                error.reason != .internal,
                "\(method.name) failed: \(error.message); \(house.errors.all.suffix(3))")
            let isRead = (try? method.request.check(body)) != []
            must(
                isRead || !error.message.hasPrefix("body "),
                "\(method.name) passes its table, but is not read: \(error.message)")
            return []
        case .success(let reply):
            let problems = try? method.reply.check(reply)
            must(problems == [], "\(method.name) answers what its table refuses: \(problems ?? [])")
            var reader = CBORReader(reply)
            return (try? reader.readValue())?.ids ?? []
        }
    }

    /// Both own money or stock, and nothing that callers do may make their books wrong. Orders
    /// compares itself with its peers, whom this target also calls behind its back.
    private static func verify(_ house: House) async throws {
        let stock = try await house.inventory.call(InventoryAPI.verifyInvariants, VerifyRequest())
        must(stock.violations == [], "Inventory: \(stock.violations)")
        let money = try await house.payments.call(PaymentsAPI.verifyInvariants, VerifyRequest())
        must(money.violations == [], "Payments: \(money.violations)")
        _ = try await house.orders.call(OrdersAPI.verifyInvariants, VerifyRequest())
    }
}

extension Value {
    fileprivate var ids: [UUID] {
        switch self {
        case .id(let id): [id]
        case .array(let elements): elements.flatMap(\.ids)
        case .map(let entries): entries.flatMap(\.1.ids)
        default: []
        }
    }
}
