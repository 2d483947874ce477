internal import Text

extension [Field] {
    /// What is wrong with a request's body, field by field; empty when nothing is. Unknown keys are
    /// skipped, unknown words are not: what a caller wants and nobody understands is refused.
    /// Throws when the bytes themselves are outside the profile.
    ///
    /// It allocates nothing for a body that is right, and looks at one key a field when they come
    /// in the order of the table. What it passes is checked as `CBORReader.skipValue` would.
    public func check(_ body: ArraySlice<UInt8>) throws(CBORError) -> [FieldProblem] {
        var check = FieldCheck(reader: CBORReader(body))
        try check.message(self, depth: 0)
        try check.reader.finish()
        return check.problems
    }

    public func check(_ body: [UInt8]) throws(CBORError) -> [FieldProblem] { try check(body[...]) }
}

/// One walk over a body beside its field table. A problem is noted with the path below the value at
/// hand; whoever called for the value puts its own name in front.
private struct FieldCheck {
    /// After so many, elements are skipped: a reader learns no more from the next, and a megabyte
    /// of wrong elements must not become an answer of several.
    static let mostProblems = 32

    var reader: CBORReader
    var problems: [FieldProblem] = []

    init(reader: CBORReader) { self.reader = reader }

    mutating func message(_ fields: [Field], depth: Int) throws(CBORError) {
        guard let count = try openMap(depth, "an object") else { return }
        // A bit a field; no table comes near 128.
        var seen: UInt128 = 0
        var unknown = UnknownKeys(count: count)
        var expected = 0
        for _ in 0..<count {
            let start = reader.position
            let key = try reader.readKeyRange()
            guard let index = reader.index(of: key, in: fields, from: expected) else {
                try unknown.insert(key, at: start, reader)
                try reader.skip(depth: depth + 1)
                continue
            }
            expected = index + 1
            guard seen & (1 << UInt128(index)) == 0 else {
                throw reader.error(.duplicateKey(fields[index].name), at: start)
            }
            seen |= 1 << UInt128(index)
            if reader.readNullIfPresent() {
                if fields[index].isRequired { missing(fields[index]) }
                continue
            }
            let before = problems.count
            try value(fields[index].type, depth: depth + 1)
            if problems.count > before { prefix(fields[index].name, from: before) }
        }
        for index in fields.indices where seen & (1 << UInt128(index)) == 0 {
            if fields[index].isRequired { missing(fields[index]) }
        }
    }

    private mutating func missing(_ field: Field) {
        problems.append(FieldProblem(field: field.name, problem: "is missing"))
    }

    mutating func value(_ type: FieldType, depth: Int) throws(CBORError) {
        switch type {
        case .integer(let range):
            guard try isNext(.unsigned, .negative, "an integer", depth) else { return }
            guard let number = try integer(depth) else { return }
            if !range.contains(number) { note(range.problem(number)) }
        case .instant:
            guard try isNext(.unsigned, .negative, "milliseconds since 1970", depth) else { return }
            _ = try integer(depth)
        case .id:
            guard try isNext(.tag, .tag, "an id", depth) else { return }
            try reader.skipID()
        case .text(let maxBytes, let rule): try text(maxBytes, rule, depth)
        case .word(let words): try word(words, depth)
        case .bytes(let maxBytes):
            guard try isNext(.bytes, .bytes, "bytes", depth) else { return }
            let length = try reader.readStringRange(.bytes, "bytes").count
            if length > maxBytes { note("must be at most \(maxBytes) bytes, not \(length)") }
        case .flag:
            guard try isNext(.simple, .simple, "true or false", depth) else { return }
            try reader.skip(depth: depth)
        case .message(let fields, _): try message(fields, depth: depth)
        case .list(let element, let maxCount): try list(element, maxCount, depth)
        case .map(let entry, let maxCount): try map(entry, maxCount, depth)
        case .any: try reader.skip(depth: depth)
        }
    }

    /// Nil when the integer fits no `Int64`, which is noted.
    private mutating func integer(_ depth: Int) throws(CBORError) -> Int64? {
        let start = reader.position
        do { return try reader.readInteger() } catch {
            guard case .integerBeyondInt64 = error.problem else { throw error }
            reader.position = start
            _ = try reader.readHead()
            note("must be an integer of 64 bits with sign")
            return nil
        }
    }

    private mutating func text(
        _ maxBytes: Int, _ rule: TextRule, _ depth: Int
    ) throws(CBORError) {
        guard let range = try string("text", depth) else { return }
        let bytes = reader.bytes[range]
        if range.isEmpty, !rule.mayBeEmpty { return note("must not be empty") }
        // PostgreSQL stores none.
        if bytes.contains(0) { note("must not hold a NUL character") }
        if range.count > maxBytes {
            return note("must be at most \(maxBytes) bytes of text, not \(range.count)")
        }
        if !bytes.contains(0), let problem = rule.problem(bytes) { note(problem) }
    }

    private mutating func word(_ words: [String], _ depth: Int) throws(CBORError) {
        guard let range = try string("a word", depth) else { return }
        let bytes = reader.bytes[range]
        guard !words.contains(where: { $0.utf8.elementsEqual(bytes) }) else { return }
        let known = words.joined(separator: ", ")
        let word = String(decoding: bytes.prefix(FieldType.wordBytes), as: UTF8.self).quoted
        note("must be one of \(known), not \(word)")
    }

    /// The bytes of a text; nil where something else stands, which is noted.
    private mutating func string(_ name: String, _ depth: Int) throws(CBORError) -> Range<Int>? {
        guard try isNext(.text, .text, name, depth) else { return nil }
        let start = reader.position
        let range = try reader.readStringRange(.text, name)
        try reader.checkText(range, at: start)
        return range
    }

    private mutating func list(
        _ element: FieldType, _ maxCount: Int, _ depth: Int
    ) throws(CBORError) {
        guard try isNext(.array, .array, "a list", depth) else { return }
        try reader.checkDepth(depth, at: reader.position)
        let count = try reader.readArrayHeader()
        if count > maxCount { note("must hold at most \(maxCount) elements, not \(count)") }
        for index in 0..<count {
            guard index < maxCount, problems.count < FieldCheck.mostProblems else {
                try reader.skip(depth: depth + 1)
                continue
            }
            let before = problems.count
            try value(element, depth: depth + 1)
            if problems.count > before { prefix("[\(index)]", from: before) }
        }
    }

    private mutating func map(_ entry: FieldType, _ maxCount: Int, _ depth: Int) throws(CBORError) {
        guard let count = try openMap(depth, "an object") else { return }
        if count > maxCount { note("must hold at most \(maxCount) entries, not \(count)") }
        var keys = KeySet(count: count)
        for index in 0..<count {
            let key = try reader.readNewKey(&keys)
            guard index < maxCount, problems.count < FieldCheck.mostProblems else {
                try reader.skip(depth: depth + 1)
                continue
            }
            let before = problems.count
            try value(entry, depth: depth + 1)
            if problems.count > before {
                prefix(
                    String(decoding: reader.bytes[key], as: UTF8.self).quotedUnlessPlain,
                    from: before)
            }
        }
    }

    private mutating func openMap(_ depth: Int, _ name: String) throws(CBORError) -> Int? {
        guard try isNext(.map, .map, name, depth) else { return nil }
        try reader.checkDepth(depth, at: reader.position)
        return try reader.readMapHeader()
    }

    /// Whether the next item is of one of two major types; if not, it is noted and skipped.
    private mutating func isNext(
        _ one: Major, _ other: Major, _ name: String, _ depth: Int
    ) throws(CBORError) -> Bool {
        if !reader.isAtEnd {
            let major = Major(initial: reader.bytes[reader.position])
            let isNull = major == .simple && reader.bytes[reader.position] == 0xf6
            if major == one || major == other, !isNull { return true }
        }
        let found = reader.found
        try reader.skip(depth: depth)
        note("must be \(name), not \(found)")
        return false
    }

    private mutating func note(_ problem: String) {
        problems.append(FieldProblem(field: "", problem: problem))
    }

    private mutating func prefix(_ name: String, from first: Int) {
        for index in first..<problems.count {
            problems[index] = problems[index].below(name)
        }
    }
}

/// Keys that no field has, which may not come twice either. There are none as a rule, so the set
/// is made for the first of them.
private struct UnknownKeys {
    let count: Int
    private var keys: KeySet?

    init(count: Int) { self.count = count }

    mutating func insert(
        _ key: Range<Int>, at start: Int, _ reader: CBORReader
    ) throws(CBORError) {
        try reader.checkText(key, at: start)
        // Taken out, so that it is not copied for each key while both are there.
        var set = keys.take() ?? KeySet(count: count)
        guard set.insert(key, of: reader.bytes) else {
            throw reader.error(
                .duplicateKey(String(decoding: reader.bytes[key], as: UTF8.self)), at: start)
        }
        keys = set
    }
}

extension FieldProblem {
    /// A problem of the whole body of a call has a name too.
    public var ofBody: FieldProblem {
        field.isEmpty ? FieldProblem(field: "body", problem: problem) : self
    }

    /// The same problem, seen from the value around it.
    func below(_ name: String) -> FieldProblem {
        let joint = field.isEmpty || field.hasPrefix("[") ? "" : "."
        return FieldProblem(field: name + joint + field, problem: problem)
    }
}

extension ClosedRange<Int64> {
    func problem(_ number: Int64) -> String {
        switch (lowerBound == .min, upperBound == .max) {
        case (_, true): "must be at least \(lowerBound), not \(number)"
        case (true, _): "must be at most \(upperBound), not \(number)"
        default: "must be from \(lowerBound) to \(upperBound), not \(number)"
        }
    }
}

extension FieldType {
    /// The longest word; there are none near it.
    static let wordBytes = 64
}

extension CBORReader {
    /// The field of a key, looked for from `expected` on and then from the first.
    func index(of key: Range<Int>, in fields: [Field], from expected: Int) -> Int? {
        for index in expected..<fields.count where equals(key, fields[index].key) { return index }
        for index in 0..<min(expected, fields.count) where equals(key, fields[index].key) {
            return index
        }
        return nil
    }

    private func equals(_ range: Range<Int>, _ key: [UInt8]) -> Bool {
        range.count == key.count && key.withUnsafeBufferPointer { equals(range, $0) }
    }
}
