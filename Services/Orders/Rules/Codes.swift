import Contracts
import Crypto
import FoundationEssentials

/// Letters and digits that people can read aloud (Crockford's base 32: no I, L, O, U).
enum Crockford {
    static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)

    /// Five bits a character, from the front; bits that fill no character are left out.
    static func encode(_ bytes: [UInt8]) -> [UInt8] {
        var text: [UInt8] = []
        var buffer: UInt32 = 0
        var bits = 0
        for byte in bytes {
            buffer = (buffer << 8 | UInt32(byte)) & 0xffff
            bits += 8
            while bits >= 5 {
                bits -= 5
                text.append(alphabet[Int((buffer >> UInt32(bits)) & 31)])
            }
        }
        return text
    }

    /// The check character of Luhn's method over 32 signs: it tells any one wrong character, and
    /// nearly all swaps of two neighbours.
    static func check(_ text: [UInt8]) -> UInt8 {
        var sum = 0
        for (place, character) in text.reversed().enumerated() {
            let value = alphabet.firstIndex(of: character) ?? 0
            let doubled = place.isMultiple(of: 2) ? value * 2 : value
            sum += doubled / 32 + doubled % 32
        }
        return alphabet[(32 - sum % 32) % 32]
    }

    static func grouped(_ text: [UInt8], by size: Int) -> String {
        var grouped: [UInt8] = []
        for (index, character) in text.enumerated() {
            if index > 0, index.isMultiple(of: size) { grouped.append(UInt8(ascii: "-")) }
            grouped.append(character)
        }
        return String(decoding: grouped, as: UTF8.self)
    }
}

/// The number that a buyer reads to the box office: made from the order's id, so that completing
/// an order again gives it again. 70 bits and a check character, such as `7KQ2M-9XB4T-C0ZF3`.
enum OrderNumber {
    static func of(_ orderID: UUID) -> String {
        let id = withUnsafeBytes(of: orderID.uuid) { Array($0) }
        let text = Array(Crockford.encode(Array(Digest.sha256(id).prefix(9))).prefix(14))
        return Crockford.grouped(text + [Crockford.check(text)], by: 5)
    }
}

/// Tickets of an order: ids and secrets derive from its id, so that completing it again makes the
/// same ones.
struct TicketMint: Sendable {
    private let key: HMACKey

    /// The key stays secret: who has it can forge tickets.
    init(key: [UInt8]) { self.key = HMACKey(key) }

    static func ticketID(_ orderID: UUID, _ index: Int64) -> UUID {
        .derived(from: orderID, "ticket\(index)")
    }

    /// 120 bits that nobody can guess without the key.
    func secret(_ ticketID: UUID) -> [UInt8] {
        let id = withUnsafeBytes(of: ticketID.uuid) { Array($0) }
        return Array(key.code(of: id).prefix(15))
    }

    /// The secret as it is printed on the ticket.
    static func code(_ secret: [UInt8]) -> String {
        Crockford.grouped(Crockford.encode(secret), by: 6)
    }
}
