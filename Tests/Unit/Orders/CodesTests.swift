import Contracts
import FoundationEssentials
import RPC
import Testing

@testable import Orders

@Suite struct CodesTests {
    @Test func base32IsCrockfords() {
        func text(_ bytes: [UInt8]) -> String {
            String(decoding: Crockford.encode(bytes), as: UTF8.self)
        }
        #expect(text([]) == "")
        #expect(text([0xff, 0xff, 0xff, 0xff, 0xff]) == "ZZZZZZZZ")
        #expect(text([0x00, 0x44, 0x32, 0x14, 0xc7]) == "01234567")
        #expect(text([0xf8]) == "Z")
    }

    @Test func anOrderNumberIsReadableAndTheSameForEver() {
        let id = Sample.id()
        let number = OrderNumber.of(id)
        #expect(number == OrderNumber.of(id))
        #expect(number.utf8.count == 17)
        #expect(number.utf8.filter { $0 == UInt8(ascii: "-") }.count == 2)
        #expect(
            number.utf8.allSatisfy {
                $0 == UInt8(ascii: "-") || Crockford.alphabet.contains($0)
            })
    }

    @Test func orderNumbersDiffer() {
        #expect(Set((0..<5_000).map { _ in OrderNumber.of(Sample.id()) }).count == 5_000)
    }

    @Test func theCheckCharacterTellsEveryWrongCharacter() {
        let text = Array("7KQ2M9XB4TC0ZF".utf8)
        let check = Crockford.check(text)
        for place in text.indices {
            for other in Crockford.alphabet where other != text[place] {
                var wrong = text
                wrong[place] = other
                #expect(Crockford.check(wrong) != check)
            }
        }
    }

    @Test func ticketsOfAnOrderAreTheSameHoweverOftenItIsCompleted() throws {
        let mint = TicketMint(TicketKeys([1: [1, 2, 3], 2: [9]]))
        var checkout = Sample.firstRows[0]
        checkout.lines = Sample.hold(checkout, .committing).lines
        let tickets = TicketMint.tickets(0..<2, of: checkout)
        #expect(tickets.map(\.number) == [0, 1])
        #expect(tickets == TicketMint.tickets(0..<9, of: checkout))
        #expect(TicketMint.tickets(1..<2, of: checkout) == [tickets[1]])
        #expect(Set(tickets.map(\.ticketID)).count == 2)
        let codes = try tickets.map { try mint.code(of: $0, key: 1) }
        #expect(Set(codes).count == 2 && codes[0].utf8.count == 27)
        #expect(codes == (try tickets.map { try mint.code(of: $0, key: 1) }))
        #expect(try mint.code(of: tickets[0], key: 2) != codes[0])
        #expect(mint.current == 2)
        let error = #expect(throws: RPCError.self) { try mint.code(of: tickets[0], key: 3) }
        #expect(error?.reason == .unavailable && error?.executed == false)
    }
}
