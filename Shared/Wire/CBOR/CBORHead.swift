/// The high three bits of an item's first byte (RFC 8949 section 3.1).
@usableFromInline
enum Major: UInt8 {
    case unsigned, negative, bytes, text, array, map, tag, simple

    init(initial: UInt8) {
        switch initial >> 5 {
        case 0: self = .unsigned
        case 1: self = .negative
        case 2: self = .bytes
        case 3: self = .text
        case 4: self = .array
        case 5: self = .map
        case 6: self = .tag
        default: self = .simple
        }
    }
}

/// An item's major type and the number that comes with it.
struct Head {
    let major: Major
    let argument: UInt64
}

extension CBORReader {
    /// Reads the first byte of an item and its argument, which must have its shortest form.
    mutating func readHead() throws(CBORError) -> Head {
        let start = position
        guard start < bytes.endIndex else { throw error(.truncated, at: start) }
        let initial = bytes[start]
        let major = Major(initial: initial)
        let bits = initial & 0x1f
        guard bits >= 24 else {
            position = start + 1
            return Head(major: major, argument: UInt64(bits))
        }
        return Head(major: major, argument: try readArgument(major, bits))
    }

    /// The argument of a head whose additional information says that 1, 2, 4 or 8 bytes follow.
    private mutating func readArgument(_ major: Major, _ bits: UInt8) throws(CBORError) -> UInt64 {
        let start = position
        switch bits {
        case 28...30: throw error(.reservedAdditionalInformation(bits), at: start)
        case 31:
            switch major {
            case .simple: throw error(.breakWithoutStart, at: start)
            case .unsigned, .negative, .tag:
                throw error(.reservedAdditionalInformation(bits), at: start)
            default: throw error(.indefiniteLength, at: start)
            }
        default: break
        }
        let size = 1 << Int(bits - 24)
        guard bytesLeft > size else { throw error(.truncated, at: start) }
        var argument: UInt64 = 0
        for index in (start + 1)...(start + size) {
            argument = argument << 8 | UInt64(bytes[index])
        }
        position = start + 1 + size
        // Simple values and floating point have forms of their own, which `skipValue` refuses.
        let least: UInt64 = size == 1 ? 24 : 1 << UInt64(size * 4)
        guard argument >= least || major == .simple else { throw error(.notShortest, at: start) }
        return argument
    }

    /// Where the content of a string lies; the cursor stands behind it.
    mutating func readStringRange(
        _ wanted: Major, _ name: String
    ) throws(CBORError) -> Range<Int> {
        let start = position
        if let short = shortArgument(wanted) {
            guard short <= bytesLeft - 1 else { throw error(.truncated, at: start) }
            position = start + 1 + short
            return (start + 1)..<position
        }
        let head = try readHead()
        guard head.major == wanted else { throw mismatch(name, at: start) }
        return try readContent(head.argument, at: start)
    }

    /// The argument that stands in the first byte itself, if the item has this major type: most do.
    @inline(__always)
    func shortArgument(_ wanted: Major) -> Int? {
        guard position < bytes.endIndex else { return nil }
        let argument = Int(bytes[position]) - Int(wanted.rawValue << 5)
        return 0..<24 ~= argument ? argument : nil
    }

    /// The content of a string whose head, at `start`, has been read.
    mutating func readContent(_ length: UInt64, at start: Int) throws(CBORError) -> Range<Int> {
        guard length <= UInt64(CBORLimits.stringBytes) else {
            throw error(.stringTooLong(limit: CBORLimits.stringBytes), at: start)
        }
        let first = position
        guard length <= UInt64(bytesLeft) else { throw error(.truncated, at: start) }
        position = first + Int(length)
        return first..<position
    }

    /// Where the text of a map key lies; its UTF-8 is not looked at.
    mutating func readKeyRange() throws(CBORError) -> Range<Int> {
        let start = position
        if let short = shortArgument(.text) {
            guard short <= bytesLeft - 1 else { throw error(.truncated, at: start) }
            position = start + 1 + short
            return (start + 1)..<position
        }
        let head = try readHead()
        guard head.major == .text else { throw error(.keyIsNotText, at: start) }
        return try readContent(head.argument, at: start)
    }

    mutating func readCount(_ wanted: Major, _ name: String) throws(CBORError) -> Int {
        let start = position
        let head = try readHead()
        guard head.major == wanted else { throw mismatch(name, at: start) }
        return try count(head, at: start)
    }

    /// How many items or entries follow a head: within the limit, and not more than fit the bytes.
    func count(_ head: Head, at start: Int) throws(CBORError) -> Int {
        guard head.argument <= UInt64(CBORLimits.items) else {
            throw error(.tooManyItems(limit: CBORLimits.items), at: start)
        }
        let count = Int(head.argument)
        let least = head.major == .map ? count * 2 : count
        guard least <= bytesLeft else { throw error(.truncated, at: start) }
        return count
    }
}
