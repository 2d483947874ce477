import FoundationEssentials

extension Value: Codable {
    /// From JSON and the like; CBOR is read by `CBORReader` itself.
    public init(from decoder: any Decoder) throws {
        if let keyed = try? decoder.container(keyedBy: TextKey.self) {
            self = .map(
                try keyed.allKeys.sorted { $0.stringValue < $1.stringValue }
                    .map { ($0.stringValue, try keyed.decode(Value.self, forKey: $0)) })
            return
        }
        if var elements = try? decoder.unkeyedContainer() {
            var values: [Value] = []
            while !elements.isAtEnd { values.append(try elements.decode(Value.self)) }
            self = .array(values)
            return
        }
        let single = try decoder.singleValueContainer()
        if single.decodeNil() {
            self = .null
        } else if let flag = try? single.decode(Bool.self) {
            self = .bool(flag)
        } else if let number = try? single.decode(Int64.self) {
            self = .integer(number)
        } else {
            self = .text(try single.decode(String.self))
        }
    }

    /// To JSON and the like; CBOR is written by `CBORWriter` itself.
    public func encode(to encoder: any Encoder) throws {
        var single = encoder.singleValueContainer()
        switch self {
        case .null: try single.encodeNil()
        case .bool(let flag): try single.encode(flag)
        case .integer(let number): try single.encode(number)
        case .text(let text): try single.encode(text)
        case .bytes(let bytes): try single.encode(Data(bytes))
        case .id(let id): try single.encode(id)
        case .array(let elements): try single.encode(elements)
        case .map(let entries):
            var keyed = encoder.container(keyedBy: TextKey.self)
            for (key, value) in entries {
                try keyed.encode(value, forKey: TextKey(stringValue: key))
            }
        }
    }
}

/// Any text as a key.
private struct TextKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}
