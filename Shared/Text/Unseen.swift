extension Unicode.Scalar {
    /// Whether a reader does not see it, or sees what stands around it elsewhere: controls,
    /// formats (among them all of bidi), line and paragraph separators, what a display may leave
    /// out (Default_Ignorable_Code_Point, UAX #44), noncharacters and private use.
    ///
    /// The number signs of Arabic and its relatives are formats that are seen.
    public var isUnseen: Bool {
        if value < 0x7f { return value < 0x20 }
        switch properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate: return true
        case .format: return !Self.isNumberSign(value)
        default: return properties.isDefaultIgnorableCodePoint || properties.isNoncharacterCodePoint
        }
    }

    /// White_Space, and the empty pattern of Braille, which looks like it.
    public var isBlank: Bool {
        value < 0x80
            ? value == 0x20 || (0x09...0x0d).contains(value)
            : properties.isWhitespace || value == 0x2800
    }

    /// U+202E, as the Unicode standard writes it.
    var codePoint: String {
        let hex = String(value, radix: 16, uppercase: true)
        return "U+" + String(repeating: "0", count: max(0, 4 - hex.count)) + hex
    }

    /// Prepended_Concatenation_Mark: formats in name only.
    private static func isNumberSign(_ value: UInt32) -> Bool {
        switch value {
        case 0x0600...0x0605, 0x06dd, 0x070f, 0x0890, 0x0891, 0x08e2, 0x110bd, 0x110cd: true
        default: false
        }
    }
}

extension String {
    /// The text in quotes, cut, with everything escaped that is not seen: what somebody outside
    /// wrote can then neither forge a line nor reorder one. For messages and logs.
    public var quoted: String {
        var text = "\""
        var left = Self.quotedBytes
        for scalar in unicodeScalars {
            left -= UTF8.width(scalar)
            guard left >= 0 else {
                text += "…"
                break
            }
            text.append(escaping: scalar)
        }
        return text + "\""
    }

    /// A name in a path: as it is when made of letters, digits, `_`, `-` and dots, else quoted.
    public var quotedUnlessPlain: String {
        let isPlain =
            !isEmpty && utf8.count <= Self.quotedBytes
            && utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x5f, 0x2d, 0x2e: true
                default: false
                }
            }
        return isPlain ? self : quoted
    }

    private static let quotedBytes = 256

    /// Appends a scalar as it stands in a JSON string (RFC 8259 section 7), escaped where it is not
    /// seen.
    public mutating func append(escaping scalar: Unicode.Scalar) {
        switch scalar {
        case "\"": self += "\\\""
        case "\\": self += "\\\\"
        case "\n": self += "\\n"
        case "\r": self += "\\r"
        case "\t": self += "\\t"
        case _ where scalar.isUnseen:
            for unit in UTF16.encode(scalar) ?? UTF16.encodedReplacementCharacter {
                let hex = String(unit, radix: 16)
                self += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            }
        default: unicodeScalars.append(scalar)
        }
    }
}
