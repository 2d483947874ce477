/// Tells Swift's code from its comments and string literals, well enough for the rules here:
/// nested comments, raw and multi-line strings; an interpolation counts as part of its string.
struct Lexer {
    private enum Mode {
        case code
        case lineComment
        case blockComment(depth: Int)
        case string(hashes: Int, isMultiline: Bool, parentheses: Int)
    }

    private let bytes: [UInt8]
    private var at = 0
    private var mode = Mode.code
    private var code: [UInt8] = []
    private var literals: [UInt8] = []

    init(_ text: String) { bytes = Array(text.utf8) }

    /// The text twice, of the same shape: with only its code left, and with only its literals.
    mutating func separate() -> (code: [String], literals: [String]) {
        code.reserveCapacity(bytes.count)
        literals.reserveCapacity(bytes.count)
        while at < bytes.count { step() }
        return (Self.lines(code), Self.lines(literals))
    }

    private static func lines(_ bytes: [UInt8]) -> [String] {
        bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map {
            String(decoding: $0, as: UTF8.self)
        }
    }

    private mutating func step() {
        switch mode {
        case .code: stepInCode()
        case .lineComment:
            if bytes[at] == UInt8(ascii: "\n") { mode = .code }
            take(1)
        case .blockComment(let depth): stepInBlockComment(depth)
        case .string(let hashes, let isMultiline, let parentheses):
            stepInString(hashes, isMultiline, parentheses)
        }
    }

    private mutating func stepInCode() {
        let byte = bytes[at]
        if byte != UInt8(ascii: "/"), byte != UInt8(ascii: "\""), byte != UInt8(ascii: "#") {
            take(1, isCode: true)
        } else if starts("//") {
            mode = .lineComment
            take(2)
        } else if starts("/*") {
            mode = .blockComment(depth: 1)
            take(2)
        } else if let hashes = hashesBeforeQuote() {
            let isMultiline = starts("\"\"\"", after: hashes)
            take(hashes + (isMultiline ? 3 : 1))
            mode = .string(hashes: hashes, isMultiline: isMultiline, parentheses: 0)
        } else {
            take(1, isCode: true)
        }
    }

    private mutating func stepInBlockComment(_ depth: Int) {
        if starts("*/") {
            mode = depth == 1 ? .code : .blockComment(depth: depth - 1)
            take(2)
        } else if starts("/*") {
            mode = .blockComment(depth: depth + 1)
            take(2)
        } else {
            take(1)
        }
    }

    private mutating func stepInString(_ hashes: Int, _ isMultiline: Bool, _ parentheses: Int) {
        let byte = bytes[at]
        guard parentheses > 0 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") else {
            take(1, isLiteral: true)
            return
        }
        let marks = String(repeating: "#", count: hashes)
        let quotes = (isMultiline ? "\"\"\"" : "\"") + marks
        func inside(_ depth: Int) -> Mode {
            .string(hashes: hashes, isMultiline: isMultiline, parentheses: depth)
        }
        if parentheses > 0 {
            if starts("(") { mode = inside(parentheses + 1) }
            if starts(")") { mode = inside(parentheses - 1) }
            take(starts("\"") ? lengthOfNestedLiteral() : 1)
        } else if starts("\\" + marks + "(") {
            mode = inside(1)
            take(2 + hashes)
        } else if hashes == 0, starts("\\") {
            take(2)
        } else if starts(quotes) {
            mode = .code
            take(quotes.utf8.count)
        } else {
            take(1, isLiteral: true)
        }
    }

    /// How many `#` stand before the quote that begins a literal here; nil when none does.
    private func hashesBeforeQuote() -> Int? {
        var end = at
        while end < bytes.count, bytes[end] == UInt8(ascii: "#") { end += 1 }
        guard end < bytes.count, bytes[end] == UInt8(ascii: "\"") else { return nil }
        return end - at
    }

    /// From one quote to the next inside an interpolation.
    private func lengthOfNestedLiteral() -> Int {
        let rest = bytes[(at + 1)...]
        return (rest.firstIndex(of: UInt8(ascii: "\"")) ?? bytes.count - 1) - at + 1
    }

    private func starts(_ text: String, after offset: Int = 0) -> Bool {
        bytes[min(at + offset, bytes.count)...].starts(with: text.utf8)
    }

    private mutating func take(_ count: Int, isCode: Bool = false, isLiteral: Bool = false) {
        let end = min(at + count, bytes.count)
        while at < end {
            let byte = bytes[at]
            let isKept = byte == UInt8(ascii: "\n")
            code.append(isKept || isCode ? byte : UInt8(ascii: " "))
            literals.append(isKept || isLiteral ? byte : UInt8(ascii: " "))
            at += 1
        }
    }
}
