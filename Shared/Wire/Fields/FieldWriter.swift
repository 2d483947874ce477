/// Writes a message: each field that is there, in the order of the walk.
public struct FieldWriter: FieldWalk {
    @usableFromInline let writer: UnsafeMutablePointer<CBORWriter>
    @usableFromInline let count: UnsafeMutablePointer<Int>

    @inlinable @inline(__always)
    init(_ writer: UnsafeMutablePointer<CBORWriter>, _ count: UnsafeMutablePointer<Int>) {
        self.writer = writer
        self.count = count
    }

    @inlinable @inline(__always)
    public func field<Root, Value: FieldValue>(
        _ name: StaticString, _ it: Written<Root>, _ rule: Value.Rule, _ note: StaticString,
        _ get: (Root) -> Value
    ) -> Value {
        it.value(get).write(name, to: &writer.pointee, &count.pointee)
        return Value.blank
    }

    @inlinable @inline(__always)
    static func write(_ message: some Message, to writer: inout CBORWriter) {
        let header = writer.count
        writer.bytes.append(0xa0)
        var count = 0
        withUnsafePointer(to: message) { walk($0, &writer, &count) }
        writer.closeMap(at: header, count: count)
    }

    @inlinable @inline(__always)
    static func walk<Root: Message>(
        _ message: UnsafePointer<Root>, _ writer: UnsafeMutablePointer<CBORWriter>,
        _ count: UnsafeMutablePointer<Int>
    ) {
        // What comes of it is a message of blanks, which own nothing: it is not taken down again.
        withUnsafeTemporaryAllocation(of: Root.self, capacity: 1) {
            $0.initializeElement(at: 0, to: Root(FieldWriter(writer, count), Written(message)))
        }
    }
}

extension CBORWriter {
    /// Corrects the header of a map, which was put down as one byte.
    @inlinable @inline(__always)
    mutating func closeMap(at header: Int, count: Int) {
        if count < 24 {
            bytes[header] = 0xa0 | UInt8(truncatingIfNeeded: count)
        } else {
            closeLongMap(at: header, count: count)
        }
    }

    @usableFromInline
    mutating func closeLongMap(at header: Int, count: Int) {
        var long = CBORWriter()
        long.mapHeader(count)
        bytes.replaceSubrange(header...header, with: long.bytes)
    }
}
