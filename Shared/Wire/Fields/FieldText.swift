internal import Text

extension [Field] {
    /// The table for people, a line a field, nested messages indented:
    ///
    ///     holdId      id        the hold, made by the caller
    ///     lines       list of at most 20
    ///       quantity  1 to 10
    ///     promoCode?  text of at most 64 bytes
    public var summary: String {
        let rows = rows(indent: 0)
        // A long list of words does not push all other notes out of sight.
        let types = Swift.min(rows.width(\.type), Self.widestType)
        let names = rows.width(\.name)
        return rows.map { row in
            let line = row.name.padded(to: names) + "  " + row.type.padded(to: types)
            return (line + "  " + row.note).trimmedAtEnd
        }.joined(separator: "\n")
    }

    private static let widestType = 40

    fileprivate func rows(indent: Int) -> [Row] {
        flatMap { field in
            let name = field.name + (field.isRequired ? "" : "?")
            return [Row(name: name.indented(indent), type: field.type.text, note: field.note)]
                + (field.type.fields ?? []).rows(indent: indent + 2)
        }
    }
}

private struct Row {
    let name: String
    let type: String
    let note: String
}

extension [Row] {
    fileprivate func width(_ column: KeyPath<Row, String>) -> Int {
        map { $0[keyPath: column].count }.max() ?? 0
    }
}

extension FieldType {
    fileprivate var text: String {
        switch self {
        case .flag: "true or false"
        case .integer(let range): range.text
        case .text(let maxBytes, let rule):
            "\(rule.name.isEmpty ? "text" : rule.name) of at most \(maxBytes) bytes"
        case .bytes(let maxBytes): "at most \(maxBytes) bytes, base64 in JSON"
        case .id: "id"
        case .instant: "milliseconds since 1970 UTC"
        case .word(let words): words.joined(separator: " | ")
        case .message: "object"
        case .list(let element, let maxCount): "list of at most \(maxCount): \(element.text)"
        case .map(let entry, let maxCount): "object of at most \(maxCount) entries: \(entry.text)"
        case .any: "anything"
        }
    }

    /// The table of the message that this is, or holds many of.
    fileprivate var fields: [Field]? {
        switch self {
        case .message(let fields, _): fields
        case .list(let type, _), .map(let type, _): type.fields
        default: nil
        }
    }
}

extension ClosedRange<Int64> {
    fileprivate var text: String {
        switch (lowerBound == .min, upperBound == .max) {
        case (true, true): "integer"
        case (_, true): "integer from \(lowerBound)"
        case (true, _): "integer to \(upperBound)"
        default: "\(lowerBound) to \(upperBound)"
        }
    }
}

extension String {
    fileprivate func indented(_ count: Int) -> String {
        String(repeating: " ", count: count) + self
    }

    fileprivate func padded(to width: Int) -> String {
        self + String(repeating: " ", count: Swift.max(0, width - count))
    }

    fileprivate var trimmedAtEnd: String {
        String(self.reversed().drop { $0 == " " }.reversed())
    }
}
