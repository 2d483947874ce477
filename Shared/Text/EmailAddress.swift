/// Whether a text can be the address of a mailbox: RFC 5321 (4.1.2, 4.5.3.1) with the letters of
/// RFC 6531. Quoted local parts and address literals are refused, because hosts that receive mail
/// should have neither; whether the mailbox exists, mail itself tells.
enum EmailAddress {
    static func problem(_ utf8: ArraySlice<UInt8>) -> String? {
        isAddress(utf8) ? nil : "must be an address such as ann@example.org"
    }

    private static func isAddress(_ utf8: ArraySlice<UInt8>) -> Bool {
        guard utf8.count <= 254, let sign = utf8.lastIndex(of: UInt8(ascii: "@")) else {
            return false
        }
        return isLocalPart(utf8[..<sign]) && isDomain(utf8[(sign + 1)...])
            && TextScan.problem(utf8, isProse: false) == nil
    }

    /// Words of atoms with dots between them.
    private static func isLocalPart(_ utf8: ArraySlice<UInt8>) -> Bool {
        utf8.count <= 64
            && utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
                .allSatisfy { !$0.isEmpty && $0.allSatisfy(isAtom) && hasNoBlank($0) }
    }

    /// At least two labels. The last is no number: that would be an address of IPv4.
    private static func isDomain(_ utf8: ArraySlice<UInt8>) -> Bool {
        let labels = utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard labels.count > 1, let last = labels.last, !last.allSatisfy(isDigit) else {
            return false
        }
        return labels.allSatisfy { label in
            !label.isEmpty && label.first != hyphen && label.last != hyphen
                && label.allSatisfy { isLetter($0) || isDigit($0) || $0 == hyphen || $0 >= 0x80 }
                && isNameOfLetters(label)
        }
    }

    private static let hyphen = UInt8(ascii: "-")

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
    }

    /// RFC 5322's atext, and what is not ASCII.
    private static func isAtom(_ byte: UInt8) -> Bool {
        isLetter(byte) || isDigit(byte) || byte >= 0x80 || signs.contains(byte)
    }

    private static let signs = Array("!#$%&'*+-/=?^_`{|}~".utf8)

    private static func hasNoBlank(_ utf8: ArraySlice<UInt8>) -> Bool {
        utf8.allSatisfy { $0 < 0x80 }
            || String(decoding: utf8, as: UTF8.self).unicodeScalars.allSatisfy { !$0.isBlank }
    }

    /// Of what is not ASCII a label has letters, their marks, digits and joiners (IDNA, RFC 5892).
    private static func isNameOfLetters(_ label: ArraySlice<UInt8>) -> Bool {
        label.allSatisfy { $0 < 0x80 }
            || String(decoding: label, as: UTF8.self).unicodeScalars.allSatisfy { scalar in
                switch scalar.properties.generalCategory {
                case _ where scalar.value < 0x80: true
                case .lowercaseLetter, .uppercaseLetter, .otherLetter, .modifierLetter,
                    .titlecaseLetter, .nonspacingMark, .spacingMark, .decimalNumber:
                    true
                // Joiners, the middle dots of Catalan and of Katakana.
                default: [0x200c, 0x200d, 0xb7, 0x30fb].contains(scalar.value)
                }
            }
    }
}
