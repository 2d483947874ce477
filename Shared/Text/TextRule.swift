/// What a text of a request may hold, beside its length. Nothing is changed on the way: a text is
/// taken as it is, or refused.
public struct TextRule: Sendable {
    /// What the text is, for people who read the field tables; empty where the name says it.
    public let name: String
    public let mayBeEmpty: Bool
    private let check: @Sendable (ArraySlice<UInt8>) -> String?

    /// - Parameter check: what is wrong with valid UTF-8, in words that follow the field's name.
    public init(
        _ name: String = "", mayBeEmpty: Bool = false,
        check: @escaping @Sendable (ArraySlice<UInt8>) -> String?
    ) {
        self.name = name
        self.mayBeEmpty = mayBeEmpty
        self.check = check
    }

    public func problem(_ utf8: ArraySlice<UInt8>) -> String? { check(utf8) }

    public func problem(_ text: String) -> String? { check(Array(text.utf8)[...]) }

    /// One line: names, titles, ids, codes. Nothing that is not seen, and no blank at its ends.
    ///
    /// This is the FreeformClass of RFC 8264 (PRECIS) with two differences. Characters that this
    /// version's Unicode does not know are taken, because names outlive versions. Joiners and
    /// variation selectors are taken where scripts and emoji need them: a selector after what it
    /// selects, ZWJ and ZWNJ after a virama (RFC 5892, A.1 and A.2) or between two that are seen.
    public static let line = TextRule { TextScan.problem($0, isProse: false) }

    /// What people write at length: the same, with newlines and tabs, and blanks at its ends.
    public static let prose = TextRule("lines of text") { TextScan.problem($0, isProse: true) }

    /// Anything but NUL: what only names something that is stored, or is passed on as it came.
    public static let raw = TextRule { _ in nil }

    /// The same, or nothing at all: what others send, and allow to be empty.
    public static let rawOrEmpty = TextRule("text or nothing", mayBeEmpty: true) { _ in nil }

    /// An address that mail can be sent to.
    public static let email = TextRule("e-mail address") { EmailAddress.problem($0) }
}

/// One walk over a text.
enum TextScan {
    static func problem(_ utf8: ArraySlice<UInt8>, isProse: Bool) -> String? {
        // Nearly all texts are ASCII, and properties of scalars take long to look up.
        if utf8.allSatisfy({ (0x20...0x7e).contains($0) }) {
            let hasEdge = utf8.first == 0x20 || utf8.last == 0x20
            return hasEdge && !isProse ? edges : nil
        }
        let scalars = Array(String(decoding: utf8, as: UTF8.self).unicodeScalars)
        if !isProse, scalars.first?.isBlank == true || scalars.last?.isBlank == true {
            return edges
        }
        for (index, scalar) in scalars.enumerated() where scalar.isUnseen {
            if isProse, isBreak(at: index, scalars) || scalar == "\t" { continue }
            if isSelector(scalar), index > 0, isSeen(scalars[index - 1]) { continue }
            if isJoiner(scalar), joins(at: index, scalars) { continue }
            return "must not hold \(scalar.codePoint), which is not seen or moves what is around it"
        }
        return nil
    }

    private static let edges = "must not begin or end with a blank"

    private static func isSeen(_ scalar: Unicode.Scalar) -> Bool {
        !scalar.isUnseen && !scalar.isBlank
    }

    /// A newline, or the carriage return before it.
    private static func isBreak(at index: Int, _ scalars: [Unicode.Scalar]) -> Bool {
        if scalars[index] == "\n" { return true }
        return scalars[index] == "\r" && index + 1 < scalars.count && scalars[index + 1] == "\n"
    }

    /// Of emoji, of ideographs, and of Mongolian letters.
    private static func isSelector(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0xfe00...0xfe0f, 0xe0100...0xe01ef, 0x180b...0x180d, 0x180f: true
        default: false
        }
    }

    /// ZWNJ, ZWJ and the vowel separator of Mongolian.
    private static func isJoiner(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value == 0x200c || scalar.value == 0x200d || scalar.value == 0x180e
    }

    private static func joins(at index: Int, _ scalars: [Unicode.Scalar]) -> Bool {
        guard index > 0 else { return false }
        let before = scalars[index - 1]
        if before.properties.canonicalCombiningClass == .virama { return true }
        guard index + 1 < scalars.count, isSeen(scalars[index + 1]) else { return false }
        return isSeen(before) || isSelector(before) && index > 1 && isSeen(scalars[index - 2])
    }
}
