public import FoundationEssentials

/// What writes itself as one CBOR item.
public protocol CBORWritable {
    func write(to writer: inout CBORWriter)
}

/// What reads itself from one CBOR item.
public protocol CBORReadable {
    init(from reader: inout CBORReader) throws
}

extension Bool: CBORWritable, CBORReadable {
    @inlinable public func write(to writer: inout CBORWriter) { writer.bool(self) }
    @inlinable public init(from reader: inout CBORReader) throws { self = try reader.readBool() }
}

extension Int64: CBORWritable, CBORReadable {
    @inlinable public func write(to writer: inout CBORWriter) { writer.integer(self) }
    @inlinable public init(from reader: inout CBORReader) throws {
        self = try reader.readInteger()
    }
}

extension UInt64: CBORWritable, CBORReadable {
    @inlinable public func write(to writer: inout CBORWriter) { writer.unsigned(self) }
    @inlinable public init(from reader: inout CBORReader) throws {
        self = try reader.readUnsigned()
    }
}

extension Int: CBORWritable, CBORReadable {
    @inlinable public func write(to writer: inout CBORWriter) { writer.integer(self) }
    @inlinable public init(from reader: inout CBORReader) throws {
        // Int is as wide as Int64 on every platform that this runs on.
        self = Int(truncatingIfNeeded: try reader.readInteger())
    }
}

extension String: CBORWritable, CBORReadable {
    @inlinable public func write(to writer: inout CBORWriter) { writer.text(self) }
    @inlinable public init(from reader: inout CBORReader) throws { self = try reader.readText() }
}

extension UUID: CBORWritable, CBORReadable {
    @inlinable public func write(to writer: inout CBORWriter) { writer.id(self) }
    @inlinable public init(from reader: inout CBORReader) throws { self = try reader.readID() }
}

extension Value: CBORWritable, CBORReadable {
    public func write(to writer: inout CBORWriter) { writer.value(self) }
    public init(from reader: inout CBORReader) throws { self = try reader.readValue() }
}

/// Of any elements but bytes, which `CBORWriter.bytes` writes as a string.
extension Array: CBORWritable where Element: CBORWritable {
    @inlinable
    public func write(to writer: inout CBORWriter) {
        writer.arrayHeader(count)
        for element in self { element.write(to: &writer) }
    }
}

extension Array: CBORReadable where Element: CBORReadable {
    @inlinable
    public init(from reader: inout CBORReader) throws {
        let count = try reader.readArrayHeader()
        self = []
        reserveCapacity(count)
        reader.depth += 1
        for _ in 0..<count { append(try Element(from: &reader)) }
        reader.depth -= 1
    }
}
