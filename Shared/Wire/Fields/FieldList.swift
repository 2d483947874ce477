/// The table of a message, made by a walk over one of blanks.
struct FieldList: FieldWalk {
    let fields: UnsafeMutablePointer<[Field]>

    func field<Root, Value: FieldValue>(
        _ name: StaticString, _ it: Written<Root>, _ rule: Value.Rule, _ note: StaticString,
        _ get: (Root) -> Value
    ) -> Value {
        fields.pointee.append(
            Field("\(name)", Value.type(rule), required: Value.isRequired, "\(note)"))
        return Value.blank
    }

    static func of<Root: Message>(_: Root.Type) -> [Field] {
        var fields: [Field] = []
        withUnsafeMutablePointer(to: &fields) { _ = Root(FieldList(fields: $0), Written()) }
        return fields
    }
}

/// Names the fields in which the message that is walked over and another differ on the wire.
struct FieldDifferences: FieldWalk {
    let other: UnsafeRawPointer
    let names: UnsafeMutablePointer<[String]>

    func field<Root, Value: FieldValue>(
        _ name: StaticString, _ it: Written<Root>, _ rule: Value.Rule, _ note: StaticString,
        _ get: (Root) -> Value
    ) -> Value {
        let other = get(other.assumingMemoryBound(to: Root.self).pointee)
        if CBOR.encode(it.value(get)) != CBOR.encode(other) { names.pointee.append("\(name)") }
        return Value.blank
    }
}

extension Message {
    /// The names of the fields that are not the same on the wire.
    public func differences(from other: Self) -> [String] {
        var names: [String] = []
        withUnsafePointer(to: self) { this in
            withUnsafePointer(to: other) { other in
                withUnsafeMutablePointer(to: &names) { names in
                    _ = Self(FieldDifferences(other: other, names: names), Written(this))
                }
            }
        }
        return names
    }
}

/// Walks over nothing: what comes of it is a message of blanks.
public struct FieldBlanks: FieldWalk {
    @inlinable init() {}

    @inlinable @inline(__always)
    public func field<Root, Value: FieldValue>(
        _ name: StaticString, _ it: Written<Root>, _ rule: Value.Rule, _ note: StaticString,
        _ get: (Root) -> Value
    ) -> Value {
        Value.blank
    }
}
