import Contracts
import Crypto
import FoundationEssentials
import Lifecycle
import RPC

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

/// The keys of ticket codes by their numbers, and the one that new orders get. An order keeps its
/// number for ever, so that a code is the same however often keys are changed.
public struct TicketKeys: Sendable {
    /// What every key was before keys had numbers.
    public static let firstNumber: Int64 = 1

    let keys: [Int64: [UInt8]]
    let current: Int64

    /// - Parameter current: the highest, when nothing is said.
    public init(_ keys: [Int64: [UInt8]], current: Int64? = nil) {
        self.keys = keys
        self.current = current ?? keys.keys.max() ?? Self.firstNumber
    }
}

/// Tickets of an order: ids and secrets derive from its id, so that completing it again makes the
/// same ones. No secret is stored: it is computed whenever it is asked for.
struct TicketMint: Sendable {
    private let keys: [Int64: HMACKey]
    /// Of the key that new orders get.
    let current: Int64

    /// The keys stay secret: who has one can forge tickets.
    init(_ keys: TicketKeys) {
        self.keys = keys.keys.mapValues { HMACKey($0) }
        current = keys.current
    }

    static func ticketID(_ orderID: UUID, _ index: Int64) -> UUID {
        .derived(from: orderID, "ticket\(index)")
    }

    /// 120 bits that nobody can guess without the key; others for each revision of the ticket.
    func secret(
        _ ticketID: UUID, revision: Int64 = 0, key number: Int64
    ) throws -> [UInt8] {
        // The start refuses to go without a key that is needed: another instance has a newer file.
        guard let key = keys[number] else {
            throw RPCError(
                .unavailable, "this instance has no ticket key \(number) yet", executed: false)
        }
        var content = withUnsafeBytes(of: ticketID.uuid) { Array($0) }
        if revision != 0 { content += withUnsafeBytes(of: revision.bigEndian) { Array($0) } }
        return Array(key.code(of: content).prefix(15))
    }

    /// The secret as it is printed on the ticket.
    static func code(_ secret: [UInt8]) -> String {
        Crockford.grouped(Crockford.encode(secret), by: 6)
    }

    /// Tells whether a key is the one that it was, and nothing else about it.
    func print(of number: Int64) -> [UInt8]? {
        keys[number].map { Array($0.code(of: Array("turnstile ticket key".utf8)).prefix(8)) }
    }
}
