import FoundationEssentials
internal import Text

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

    /// Appends a JSON string literal, with everything escaped that a terminal would not show.
    fileprivate mutating func appendJSON(_ text: String) {
        self += "\""
        for scalar in text.unicodeScalars { append(escaping: scalar) }
        self += "\""
    }
}
