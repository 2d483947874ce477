import Contracts
import FoundationEssentials
import Fuzz
import RPC
import Support
import Wire

/// A request is read exactly when its table finds nothing wrong, a reply whenever it does; both
/// survive being written and read again.
///
/// Input: which message; whether its bytes follow, or choices that make one.
final class MessagesTarget: FuzzTarget {
    private let bodies: [(type: any Body.Type, table: [Field])] = {
        let parts: [any Body.Type] = [
            Money.self, Ticket.self, PricedLine.self, HoldFact.self, CheckoutFact.self,
            FeedEvent.self,
        ]
        let methods = InventoryAPI.methods + OrdersAPI.methods + PaymentsAPI.methods
        let bodies = parts + methods.flatMap { [$0.requestBody, $0.replyBody] }
        return bodies.map { ($0, $0.fields) }
    }()
    private let maker = MessageMaker(
        ids: (0..<4).map { UUID(uuid: (1, 2, 3, 4, 5, 6, 0x77, 8, 9, 0, 0, 0, 0, 0, 0, $0)) },
        usual: ["currency": "EUR", "owner": "ann", "amount": 100])

    func run(_ input: [UInt8]) {
        var choices = Choices(input)
        let body = choices.of(bodies)
        if choices.byte() % 4 == 0 {
            check(body.type, body.table, choices.rest())
        } else {
            check(body.type, body.table, CBOR.encode(maker.message(body.table, &choices)))
        }
    }

    private func check<B: Body>(_ body: B.Type, _ table: [Field], _ bytes: [UInt8]) {
        let problems = try? table.check(bytes)
        let request = try? CBOR.decodeStrictly(body, from: bytes[...], table: table)
        must(
            (problems?.isEmpty == true) == (request != nil),
            "\(body) and its table disagree: \(problems ?? []), \(bytes.hex)")
        guard let reply = try? CBOR.decode(body, from: bytes) else {
            must(request == nil, "\(body) is read as a request alone: \(bytes.hex)")
            return
        }
        must(problems != nil, "\(body) is read, but its table refuses the bytes: \(bytes.hex)")
        let written = CBOR.encode(reply)
        must(request.map { CBOR.encode($0) == written } != false, "\(body) is read in two ways")
        let again = try? CBOR.decode(body, from: written)
        must(again.map { CBOR.encode($0) } == written, "\(body) does not survive a round trip")
    }
}
