/// SQL text whose every `\(value)` is a bind, never text: injection cannot be written.
///
///     batch.query("SELECT quantity FROM hold_line WHERE hold_id = \(holdID)") { try $0.next() }
///
/// One text serves SQLite and PostgreSQL. Parameters are numbered in the order in which they
/// stand and each stands once, because SQLite numbers `$2, $1` by first occurrence.
public struct SQL: ExpressibleByStringInterpolation, Sendable {
    /// The text around the values: one piece more than there are values.
    private(set) var pieces: [String]
    private(set) var values: ColumnWriter

    public init(stringLiteral text: String) {
        pieces = [text]
        values = ColumnWriter()
    }

    public init(stringInterpolation parts: StringInterpolation) {
        pieces = parts.pieces
        values = parts.values
    }

    /// The text with its parameters numbered from `$1`.
    var text: String {
        guard pieces.count > 1 else { return pieces.first ?? "" }
        var text = ""
        for (index, piece) in pieces.enumerated() {
            if index > 0 { text += "$\(index)" }
            text += piece
        }
        return text
    }

    /// A condition that holds where all of these do; without any it holds for every row.
    public static func all(of conditions: [SQL]) -> SQL {
        guard let first = conditions.first else { return "1 = 1" }
        return conditions.dropFirst().reduce(first) { "\($0) AND \($1)" }
    }

    public struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var pieces = [""]
        fileprivate var values = ColumnWriter()

        public init(literalCapacity: Int, interpolationCount: Int) {}

        public mutating func appendLiteral(_ literal: String) { extend(literal) }

        public mutating func appendInterpolation(_ value: some Bindable) {
            value.write(to: &values)
            pieces.append("")
        }

        /// Another piece of SQL, with its values.
        public mutating func appendInterpolation(_ fragment: SQL) {
            extend(fragment.pieces.first ?? "")
            pieces.append(contentsOf: fragment.pieces.dropFirst())
            values.append(contentsOf: fragment.values)
        }

        /// A list for `IN`: `WHERE hold_id IN \(each: ids)`. An empty list matches nothing.
        public mutating func appendInterpolation(each list: [some Bindable]) {
            extend("(")
            if list.isEmpty { extend("NULL") }
            for (index, value) in list.enumerated() {
                if index > 0 { extend(", ") }
                appendInterpolation(value)
            }
            extend(")")
        }

        private mutating func extend(_ text: String) { pieces[pieces.count - 1] += text }
    }
}

extension TableLayout {
    /// The table's name, for a statement that serves tables of one form.
    public var sql: SQL { SQL(stringLiteral: name) }
    /// The first column of its key.
    public var keySQL: SQL { SQL(stringLiteral: keyColumns[0]) }
}
