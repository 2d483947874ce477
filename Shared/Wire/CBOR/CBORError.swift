internal import Text
/// Why bytes were refused, and where: the offset of the item that is wrong, counted from the first
/// byte of the text that was being read.
public struct CBORError: Error, Sendable, Equatable, CustomStringConvertible {
    public let offset: Int
    public let problem: Problem

    public init(offset: Int, _ problem: Problem) {
        self.offset = offset
        self.problem = problem
    }

    public var description: String { "byte \(offset): \(problem.text)" }

    public enum Problem: Sendable, Equatable {
        // Not well-formed (RFC 8949 appendix F).
        case truncated
        case reservedAdditionalInformation(UInt8)
        case breakWithoutStart
        case simpleValueTooShort(UInt8)
        case bytesAfterItem

        // Well-formed, but outside the profile.
        case notShortest
        case indefiniteLength
        case floatingPoint
        case simpleValue(UInt8)
        case tag(UInt64)
        case idIsNot16Bytes
        case integerBeyondInt64
        case keyIsNotText
        case duplicateKey(String)
        case invalidUTF8

        // Over a limit.
        case tooDeep(limit: Int)
        case tooManyItems(limit: Int)
        case stringTooLong(limit: Int)

        // In the profile, but not what the reader wants.
        case mismatch(expected: String, found: String)
        case outOfRange(Int64, for: String)
        case missingKey(String)
    }
}

extension CBORError.Problem {
    var text: String {
        switch self {
        case .truncated: "the bytes end inside this item"
        case .reservedAdditionalInformation(let bits): "additional information \(bits) is reserved"
        case .breakWithoutStart: "a break without an indefinite-length item"
        case .simpleValueTooShort(let value):
            "simple value \(value) in two bytes is not well-formed"
        case .bytesAfterItem: "bytes after the end of the item"
        case .notShortest: "not the shortest form of its number"
        case .indefiniteLength: "indefinite lengths are not allowed"
        case .floatingPoint: "floating point is not allowed"
        case .simpleValue(let value): "simple value \(value) is not allowed"
        case .tag(let tag): "tag \(tag) is not allowed, only 37 (UUID) is"
        case .idIsNot16Bytes: "tag 37 must hold a byte string of 16 bytes"
        case .integerBeyondInt64: "an integer beyond 64 bits with sign"
        case .keyIsNotText: "a map key must be a text string"
        case .duplicateKey(let key): "the key \(key.quoted) is given twice"
        case .invalidUTF8: "text that is not valid UTF-8"
        case .tooDeep(let limit): "nested deeper than \(limit) levels"
        case .tooManyItems(let limit): "more than \(limit) items in an array or map"
        case .stringTooLong(let limit): "a string of more than \(limit) bytes"
        case .mismatch(let expected, let found): "expected \(expected), found \(found)"
        case .outOfRange(let number, let type): "\(number) does not fit \(type)"
        case .missingKey(let key): "the key \"\(key)\" is missing"
        }
    }
}
