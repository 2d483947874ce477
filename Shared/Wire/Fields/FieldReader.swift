/// Reads a message, and checks it in the same pass where the reader is strict. After the first
/// field that is wrong the others are blank: whoever must know all that is wrong asks the table.
public struct FieldReader: FieldWalk {
    @usableFromInline let reader: UnsafeMutablePointer<CBORReader>
    @usableFromInline let map: UnsafeMutablePointer<MapScope>
    @usableFromInline let failure: UnsafeMutablePointer<CBORError?>

    @inlinable @inline(__always)
    init(
        _ reader: UnsafeMutablePointer<CBORReader>, _ map: UnsafeMutablePointer<MapScope>,
        _ failure: UnsafeMutablePointer<CBORError?>
    ) {
        self.reader = reader
        self.map = map
        self.failure = failure
    }

    @inlinable @inline(__always)
    public func field<Root, Value: FieldValue>(
        _ name: StaticString, _ it: Written<Root>, _ rule: Value.Rule, _ note: StaticString,
        _ get: (Root) -> Value
    ) -> Value {
        do throws(CBORError) {
            return try Value.read(name, rule, in: &map.pointee, from: &reader.pointee)
        } catch {
            fail(error)
            return Value.blank
        }
    }

    /// A walk does not throw: an initialiser that did would have to clean up after each field.
    @usableFromInline @inline(never)
    func fail(_ error: CBORError) {
        if failure.pointee == nil { failure.pointee = error }
        map.pointee.giveUp()
    }

    @inlinable @inline(__always)
    static func read<Root: Message>(_ reader: inout CBORReader) throws(CBORError) -> Root {
        var map = try reader.openMap()
        var failure: CBORError?
        let message: Root = walk(&reader, &map, &failure)
        if let failure { throw failure }
        try map.close(&reader)
        return message
    }

    @inlinable @inline(__always)
    static func walk<Root: Message>(
        _ reader: UnsafeMutablePointer<CBORReader>, _ map: UnsafeMutablePointer<MapScope>,
        _ failure: UnsafeMutablePointer<CBORError?>
    ) -> Root {
        Root(FieldReader(reader, map, failure), Written())
    }
}
