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
