import Contracts
import FoundationEssentials
import Fuzz
import RPC
import Support

@testable import Wire

/// Messages that are coded by hand are the same by their Codable, to the byte and in what they
/// refuse; what a field table passes can be read.
///
/// Input: which message; whether its bytes follow, or choices that make one.
final class MessagesTarget: FuzzTarget {
    private let hot: [HotMessage] = [
        .of(ReserveRequest.self), .of(HoldReply.self), .of(BeginCommitRequest.self),
        .of(ConsumeHoldRequest.self), .of(HoldFact.self), .of(CreatePaymentRequest.self),
        .of(PaymentReply.self), .of(FeedEvent.self), .of(FeedReply.self),
        .of(PurchaseRequest.self), .of(OrderFact.self), .of(CheckoutReply.self),
        .of(OrderReply.self), .of(Money.self), .of(Ticket.self), .of(PricedLine.self),
    ]
    private let maker = MessageMaker(
        ids: (0..<4).map { UUID(uuid: (1, 2, 3, 4, 5, 6, 0x77, 8, 9, 0, 0, 0, 0, 0, 0, $0)) },
        usual: ["currency": "EUR", "owner": "ann", "amount": 100])

    func run(_ input: [UInt8]) {
        var choices = Choices(input)
        let message = choices.of(hot)
        if choices.byte() % 4 == 0 {
            message.check(choices.rest())
        } else {
            var writer = CBORWriter()
            writer.value(maker.message(message.fields, &choices))
            message.check(writer.bytes)
        }
    }
}

/// One type of message, without its type.
private struct HotMessage {
    let fields: [Field]
    let check: ([UInt8]) -> Void

    static func of<M: HandCoded>(_ type: M.Type) -> HotMessage {
        HotMessage(fields: M.fields) { bytes in
            let byHand = Result { try CBOR.decode(M.self, from: bytes) }
            let byCodable = Result { try decodeByCodable(M.self, bytes) }
            must(
                (try? byHand.get()).map(encodeByCodable)
                    == (try? byCodable.get()).map(encodeByCodable),
                "\(M.self) by hand: \(byHand), by Codable: \(byCodable), \(bytes.hex)")
            let problems = try? M.fields.check(bytes)
            guard let message = try? byHand.get() else {
                must(problems?.isEmpty != true, "\(M.self) passes its table, but is not read")
                return
            }
            must(problems != nil, "\(M.self) is read, but its table refuses the bytes")
            let written = try? CBOR.encode(message)
            must(written == encodeByCodable(message), "\(M.self) is written in two ways")
            let again = written.flatMap { try? CBOR.decode(M.self, from: $0) }
            must(again.map(encodeByCodable) == written, "\(M.self) does not survive a round trip")
        }
    }

    private static func decodeByCodable<M: Message>(_ type: M.Type, _ bytes: [UInt8]) throws -> M {
        var reader = CBORReader(bytes)
        let message = try CodableDecoder.decode(type, from: &reader)
        try reader.finish()
        return message
    }

    private static func encodeByCodable(_ message: some Message) -> [UInt8]? {
        var writer = CBORWriter()
        do { try CodableEncoder.append(message, to: &writer) } catch { return nil }
        return writer.bytes
    }
}
