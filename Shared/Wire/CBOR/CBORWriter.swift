public import FoundationEssentials

/// Appends CBOR (RFC 8949) in preferred serialization to a growing buffer.
///
/// It writes what it is told and counts nothing: whoever writes a header writes as many items after
/// it. Several items, and frames around them, may share one writer.
public struct CBORWriter: Sendable {
    public var bytes: [UInt8]

    @inlinable
    public init(reserving capacity: Int = 0) {
        bytes = []
        if capacity > 0 { bytes.reserveCapacity(capacity) }
    }

    @inlinable public var count: Int { bytes.count }

    @inlinable
    public mutating func integer(_ value: Int64) {
        if value >= 0 {
            head(0x00, UInt64(bitPattern: value))
        } else {
            head(0x20, UInt64(bitPattern: ~value))
        }
    }

    /// From 0 to 2^64 - 1.
    @inlinable
    public mutating func unsigned(_ value: UInt64) { head(0x00, value) }

    @inlinable
    public mutating func integer(_ value: Int) { integer(Int64(value)) }

    @inlinable
    public mutating func text(_ value: String) {
        // A string of this language has its bytes in a row, and is not copied to get at them.
        let isWritten: Void? = value.utf8.withContiguousStorageIfAvailable { utf8 in
            head(0x60, UInt64(utf8.count))
            bytes.append(contentsOf: utf8)
        }
        guard isWritten == nil else { return }
        head(0x60, UInt64(value.utf8.count))
        bytes.append(contentsOf: value.utf8)
    }

    /// A map key, or a word that is known when the program is compiled.
    @inlinable
    public mutating func key(_ name: StaticString) {
        guard name.hasPointerRepresentation else { return text("\(name)") }
        head(0x60, UInt64(name.utf8CodeUnitCount))
        bytes.append(
            contentsOf: UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
    }

    @inlinable
    public mutating func bytes(_ value: some Collection<UInt8>) {
        head(0x40, UInt64(value.count))
        bytes.append(contentsOf: value)
    }

    /// Tag 37 and the sixteen bytes.
    @inlinable
    public mutating func id(_ value: UUID) {
        let item = (0xd8 as UInt8, 37 as UInt8, 0x50 as UInt8, value.uuid)
        withUnsafeBytes(of: item) { bytes.append(contentsOf: $0) }
    }

    @inlinable
    public mutating func bool(_ value: Bool) { bytes.append(value ? 0xf5 : 0xf4) }

    @inlinable
    public mutating func null() { bytes.append(0xf6) }

    @inlinable
    public mutating func arrayHeader(_ count: Int) { head(0x80, UInt64(clamping: count)) }

    @inlinable
    public mutating func mapHeader(_ count: Int) { head(0xa0, UInt64(clamping: count)) }

    /// An item that is CBOR already.
    public mutating func encoded(_ item: some Collection<UInt8>) { bytes.append(contentsOf: item) }

    /// The initial byte and its argument in the shortest form (RFC 8949 section 3).
    @inlinable
    mutating func head(_ major: UInt8, _ argument: UInt64) {
        if argument < 24 {
            bytes.append(major | UInt8(truncatingIfNeeded: argument))
        } else {
            longHead(major, argument)
        }
    }

    @usableFromInline
    mutating func longHead(_ major: UInt8, _ argument: UInt64) {
        let (size, bits): (Int, UInt8) =
            switch argument {
            case ...0xff: (1, 24)
            case ...0xffff: (2, 25)
            case ...0xffff_ffff: (4, 26)
            default: (8, 27)
            }
        bytes.append(major | bits)
        withUnsafeBytes(of: argument.bigEndian) {
            bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: $0[(8 - size)...]))
        }
    }
}
