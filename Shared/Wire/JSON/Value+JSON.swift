import FoundationEssentials

extension Value {
    /// Parses JSON. Ids and byte strings are text there, which only a field table can tell apart.
    public init(json text: String) throws(JSONError) { self = try JSONParser.parse(text) }

    /// As JSON on one line: ids in their usual text form, byte strings in base64.
    public var json: String {
        var text = ""
        write(to: &text, indent: nil)
        return text
    }

    /// As JSON with a line a value, indented by two spaces.
    public var prettyJSON: String {
        var text = ""
        write(to: &text, indent: 0)
        return text
    }

    private func write(to text: inout String, indent: Int?) {
        switch self {
        case .null: text += "null"
        case .bool(let flag): text += flag ? "true" : "false"
        case .integer(let number): text += "\(number)"
        case .text(let string): text.appendJSON(string)
        case .bytes(let bytes): text.appendJSON(Data(bytes).base64EncodedString())
        case .id(let id): text.appendJSON(id.uuidString.lowercased())
        case .array(let elements):
            text.appendList("[", "]", elements, indent) { element, text, indent in
                element.write(to: &text, indent: indent)
            }
        case .map(let entries):
            text.appendList("{", "}", entries, indent) { entry, text, indent in
                text.appendJSON(entry.0)
                text += indent == nil ? ":" : ": "
                entry.1.write(to: &text, indent: indent)
            }
        }
    }
}

extension String {
    fileprivate mutating func appendList<Element>(
        _ open: String, _ close: String, _ elements: [Element], _ indent: Int?,
        _ write: (Element, inout String, Int?) -> Void
    ) {
        self += open
        let inner = indent.map { $0 + 2 }
        for (index, element) in elements.enumerated() {
            if index > 0 { self += "," }
            appendLineBreak(inner)
            write(element, &self, inner)
        }
        if !elements.isEmpty { appendLineBreak(indent) }
        self += close
    }

    private mutating func appendLineBreak(_ indent: Int?) {
        guard let indent else { return }
        self += "\n" + String(repeating: " ", count: indent)
    }

    /// Appends a JSON string literal (RFC 8259 section 7), control characters of terminals escaped.
    fileprivate mutating func appendJSON(_ text: String) {
        self += "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": self += "\\\""
            case "\\": self += "\\\\"
            case "\n": self += "\\n"
            case "\r": self += "\\r"
            case "\t": self += "\\t"
            case _ where scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value):
                let hex = String(scalar.value, radix: 16)
                self += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: unicodeScalars.append(scalar)
            }
        }
        self += "\""
    }
}
