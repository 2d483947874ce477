import FoundationEssentials
internal import Text

/// Reads JSON (RFC 8259) as people type it into a shell. Numbers are whole and fit 64 bits; keys
/// keep their order and come once; nesting is limited as on the wire.
struct JSONParser {
    private let bytes: [UInt8]
    private var position = 0

    private init(_ text: String) { bytes = Array(text.utf8) }

    static func parse(_ text: String) throws(JSONError) -> Value {
        var parser = JSONParser(text)
        let value = try parser.value(depth: 0)
        parser.skipSpace()
        guard parser.position == parser.bytes.count else {
            throw parser.error("something stands behind the end of the JSON")
        }
        return value
    }

    private mutating func value(depth: Int) throws(JSONError) -> Value {
        skipSpace()
        guard let next = peek else { throw error("the JSON ends where a value is expected") }
        switch next {
        case UInt8(ascii: "{"): return try object(depth: depth + 1)
        case UInt8(ascii: "["): return try array(depth: depth + 1)
        case UInt8(ascii: "\""): return .text(try string())
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        default:
            if take(word: "true") { return .bool(true) }
            if take(word: "false") { return .bool(false) }
            if take(word: "null") { return .null }
            throw error("a value is expected: text stands in double quotes")
        }
    }

    private mutating func object(depth: Int) throws(JSONError) -> Value {
        try open(depth)
        var entries: [(String, Value)] = []
        var names: Set<ByteText> = []
        if take("}") { return .map([]) }
        repeat {
            skipSpace()
            guard peek == UInt8(ascii: "\"") else { throw error("expected a key in double quotes") }
            let key = try string()
            guard names.insert(ByteText(key)).inserted else {
                throw error("the key \(key.quoted) is given twice")
            }
            guard take(":") else { throw error("a colon is expected after the key \(key.quoted)") }
            entries.append((key, try value(depth: depth)))
        } while take(",")
        guard take("}") else { throw error("a comma or } is expected") }
        return .map(entries)
    }

    private mutating func array(depth: Int) throws(JSONError) -> Value {
        try open(depth)
        var elements: [Value] = []
        if take("]") { return .array([]) }
        repeat { elements.append(try value(depth: depth)) } while take(",")
        guard take("]") else { throw error("a comma or ] is expected") }
        return .array(elements)
    }

    private mutating func open(_ depth: Int) throws(JSONError) {
        guard depth <= CBORLimits.depth else {
            throw error("nested deeper than \(CBORLimits.depth) levels")
        }
        position += 1
    }

    private mutating func number() throws(JSONError) -> Value {
        let start = position
        while let byte = peek, "+-.0123456789eE".utf8.contains(byte) { position += 1 }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
        let isPlain = digits.utf8.first.map { $0 != UInt8(ascii: "0") || digits.utf8.count == 1 }
        guard isPlain == true, let number = Int64(text) else {
            position = start
            throw error("\(text) is not a whole number of 64 bits")
        }
        return .integer(number)
    }

    private mutating func string() throws(JSONError) -> String {
        let start = position
        position += 1
        var utf8: [UInt8] = []
        while let byte = peek {
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let text = String(validating: utf8, as: UTF8.self) else {
                    position = start
                    throw error("this text is not valid UTF-8")
                }
                return text
            case UInt8(ascii: "\\"): utf8.append(contentsOf: String(try escaped()).utf8)
            case ..<0x20: throw error("a control character in text must be escaped")
            default: utf8.append(byte)
            }
        }
        position = start
        throw error("this text has no closing quote")
    }

    private mutating func escaped() throws(JSONError) -> Character {
        guard let byte = peek else { throw error("the JSON ends inside an escape") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"):
            return Character(Unicode.Scalar(byte))
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{c}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return Character(try unicodeEscape())
        default: throw error("an unknown escape")
        }
    }

    private mutating func unicodeEscape() throws(JSONError) -> Unicode.Scalar {
        var units = [try fourHexDigits()]
        if UTF16.isLeadSurrogate(units[0]), bytes[position...].starts(with: "\\u".utf8) {
            position += 2
            units.append(try fourHexDigits())
        }
        guard let text = String(validating: units, as: UTF16.self),
            let scalar = text.unicodeScalars.first
        else { throw error("half of a surrogate pair") }
        return scalar
    }

    private mutating func fourHexDigits() throws(JSONError) -> UInt16 {
        let digits = bytes[position...].prefix(4)
        guard digits.count == 4, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
            let unit = UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
        else { throw error("four hexadecimal digits are expected after \\u") }
        position += 4
        return unit
    }

    // MARK: Characters

    private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        skipSpace()
        guard let peek, UInt32(peek) == character.value else { return false }
        position += 1
        return true
    }

    private mutating func take(word: String) -> Bool {
        guard bytes[position...].starts(with: word.utf8) else { return false }
        position += word.utf8.count
        return true
    }

    private mutating func skipSpace() {
        while let peek, [0x20, 0x09, 0x0a, 0x0d].contains(peek) { position += 1 }
    }

    private func error(_ problem: String) -> JSONError {
        JSONError(offset: position, problem: problem)
    }
}

/// What is wrong with hand-typed JSON, and at which byte.
public struct JSONError: Error, Sendable, Equatable, CustomStringConvertible {
    public let offset: Int
    public let problem: String

    public var description: String { "JSON, byte \(offset): \(problem)" }
}
