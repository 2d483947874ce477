public import FoundationEssentials
public import Wire

/// Makes messages by their field tables out of choices: mostly right ones, each value at times at
/// its limit, one beyond, of another type, missing, or there twice. So the bytes that libFuzzer
/// changes reach what lies behind the decoder, where bytes of CBOR would mostly be refused.
public struct MessageMaker {
    /// What ids are taken from.
    public var ids: [UUID]
    /// What stands under a name when nothing else is chosen, though it need not be there.
    private let usual: [String: Value]

    public init(ids: [UUID], usual: [String: Value] = [:]) {
        self.ids = ids
        self.usual = usual
    }

    public func message(_ fields: [Field], _ choices: inout Choices) -> Value {
        var entries: [(String, Value)] = []
        for field in fields {
            let choice = choices.byte()
            switch choice % 32 {
            case 31: entries.append((field.name, .null))
            case 30: entries.append((field.name, wild(&choices)))
            case 29: entries.append((field.name + "x", wild(&choices)))
            case 28:
                entries.append((field.name, value(field, &choices)))
                entries.append((field.name, value(field, &choices)))
            case 27: break
            case let plain:
                let isUsual = usual[field.name] != nil
                let isThere = field.isRequired || isUsual == (plain % 2 == 0)
                if isThere { entries.append((field.name, value(field, &choices))) }
            }
        }
        if choices.byte() == 255 { entries.reverse() }
        return .map(entries)
    }

    private func value(_ field: Field, _ choices: inout Choices) -> Value {
        let choice = choices.byte()
        if choice == 0, let usual = usual[field.name] { return usual }
        return value(field.type, choice, &choices)
    }

    private func value(_ type: FieldType, _ choice: UInt8, _ choices: inout Choices) -> Value {
        switch type {
        case .flag: return .bool(choice % 2 == 1)
        case .integer(let range): return .integer(integer(range, choice, &choices))
        case .instant: return .integer(integer(Int64.min...Int64.max, choice, &choices))
        case .id: return .id(id(choice))
        case .text(let maxBytes, _): return .text(text(maxBytes, choice, &choices))
        case .word(let words):
            return .text(choice == 255 ? "STRANGE" : words[Int(choice) % max(1, words.count)])
        case .bytes(let maxBytes):
            return .bytes(
                choice == 255
                    ? [UInt8](repeating: 1, count: maxBytes + 1) : choices.bytes(Int(choice)))
        case .message(let fields, _): return message(fields, &choices)
        case .list(let element, let maxCount):
            let count = choice == 255 ? min(maxCount + 1, 40) : Int(choice % 4 + 1) % 4
            return .array((0..<count).map { _ in value(element, choices.byte(), &choices) })
        case .map(let entry, let maxCount):
            let count = choice == 255 ? min(maxCount + 1, 40) : Int(choice % 4)
            return .map(
                (0..<count).map { index in
                    (Self.texts[index % Self.texts.count], value(entry, choices.byte(), &choices))
                })
        case .any: return wild(&choices)
        }
    }

    private func id(_ choice: UInt8) -> UUID {
        ids.isEmpty
            ? UUID(uuid: (choice, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))
            : ids[Int(choice) % ids.count]
    }

    private func integer(
        _ range: ClosedRange<Int64>, _ choice: UInt8, _ choices: inout Choices
    ) -> Int64 {
        switch choice % 16 {
        case 0: max(range.lowerBound, min(range.upperBound, 1))
        case 1: range.lowerBound
        case 2: range.upperBound
        case 3: range.lowerBound &- 1
        case 4: range.upperBound &+ 1
        case 5: .max
        case 6: .min
        case 7: choices.number(bytes: 8)
        case 8: max(range.lowerBound, min(range.upperBound, choices.number(bytes: 2)))
        case 9: max(range.lowerBound, min(range.upperBound, choices.number(bytes: 4)))
        default: max(range.lowerBound, min(range.upperBound, choices.number(bytes: 1)))
        }
    }

    private func text(_ maxBytes: Int, _ choice: UInt8, _ choices: inout Choices) -> String {
        switch choice {
        case 255: String(repeating: "x", count: maxBytes + 1)
        case 254: String(repeating: "é", count: maxBytes / 2)
        case 128...: String(decoding: choices.bytes(Int(choice - 127)), as: UTF8.self)
        default: Self.texts[Int(choice) % Self.texts.count]
        }
    }

    /// Any small value.
    private func wild(_ choices: inout Choices) -> Value {
        let choice = choices.byte()
        return switch choice % 9 {
        case 0: .null
        case 1: .bool(choice > 127)
        case 2: .integer(choices.number(bytes: 8))
        case 3: .integer(Int64(choice))
        case 4: .text(Self.texts[Int(choice) % Self.texts.count])
        case 5: .bytes(choices.bytes(Int(choice)))
        case 6: .id(id(choice))
        case 7: .array(choice < 64 ? [wild(&choices), wild(&choices)] : [])
        default: .map(choice < 64 ? [("a", wild(&choices)), ("b", wild(&choices))] : [])
        }
    }

    /// Words that mean something to a service, and such as only look like it.
    private static let texts = [
        "ann", "bob", "sim", "sim_ok", "sim_declined", "sim_slow", "sim_lost_reply", "sim_late",
        "sim_action", "EUR", "USD", "JPY", "ann@example.org", "evt_1", "", " ", "a\u{0}b",
        "line\nline", "\u{202e}evil", "🎟️", "e\u{301}", "é", "' OR 1=1 --", "%", "-1",
        "9223372036854775808", "null", "{}", "../../etc", "A\u{300}\u{301}\u{302}",
    ]
}
