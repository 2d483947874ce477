import FoundationEssentials
internal import Text

/// All that is wrong with a body, or with the JSON of one.
public struct FieldErrors: Error, Sendable, CustomStringConvertible {
    public let problems: [FieldProblem]

    @usableFromInline
    init(problems: [FieldProblem]) { self.problems = problems }

    public var description: String { problems.map(\.description).joined(separator: "\n") }
}

extension [Field] {
    /// Hand-typed JSON as the CBOR of this message. A key that the table does not know is an error
    /// that names the known ones, since people mistype.
    ///
    /// - Throws: `JSONError`, or `FieldErrors` with everything that is wrong.
    public func encode(json: String) throws -> [UInt8] { try encode(try Value(json: json)) }

    func encode(_ value: Value) throws -> [UInt8] {
        var conversion = FieldConversion()
        let message = conversion.message(value, self)
        guard conversion.problems.isEmpty else {
            throw FieldErrors(problems: conversion.problems.map(\.ofBody))
        }
        var writer = CBORWriter()
        writer.value(message)
        let problems = try check(writer.bytes)
        guard problems.isEmpty else { throw FieldErrors(problems: problems) }
        return writer.bytes
    }
}

/// Gives values from JSON the types of a field table; limits are left to `check`.
private struct FieldConversion {
    var problems: [FieldProblem] = []

    mutating func message(_ value: Value, _ fields: [Field]) -> Value {
        guard case .map(let entries) = value else {
            note("must be an object, not \(value.kind)")
            return value
        }
        var converted: [(String, Value)] = []
        for (key, value) in entries {
            guard let field = fields.first(where: { $0.name.isSame(as: key) }) else {
                let known = fields.map(\.name).joined(separator: ", ")
                problems.append(
                    FieldProblem(
                        field: key.quotedUnlessPlain,
                        problem: "is no field here; there are: \(known)"))
                continue
            }
            converted.append((key, below(key) { $0.convert(value, field.type) }))
        }
        return .map(converted)
    }

    mutating func convert(_ value: Value, _ type: FieldType) -> Value {
        switch (type, value) {
        case (_, .null): return .null
        case (.id, .text(let text)):
            if let id = UUID(uuidString: text) { return .id(id) }
            note("must be an id such as 0190b6a3-0c0e-7b9e-8f7e-2f4e6d7a1b2c, not \(text.quoted)")
        case (.bytes, .text(let text)):
            if let data = Data(base64Encoded: text) { return .bytes([UInt8](data)) }
            note("must be base64")
        case (.message(let fields, _), _): return message(value, fields)
        case (.list(let type, _), .array(let elements)):
            return .array(
                elements.enumerated().map { index, element in
                    below("[\(index)]") { $0.convert(element, type) }
                })
        case (.map(let type, _), .map(let entries)):
            return .map(
                entries.map { key, entry in (key, below(key) { $0.convert(entry, type) }) })
        default: break
        }
        return value
    }

    private mutating func below<T>(
        _ name: String, _ convert: (inout FieldConversion) -> T
    ) -> T {
        let before = problems.count
        let result = convert(&self)
        for index in before..<problems.count { problems[index] = problems[index].below(name) }
        return result
    }

    private mutating func note(_ problem: String) {
        problems.append(FieldProblem(field: "", problem: problem))
    }
}
