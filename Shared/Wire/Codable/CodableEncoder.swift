import FoundationEssentials

/// Writes what `Encodable` types say, in one pass, over one buffer. It is its own container at
/// every depth: a header of one byte is put down when a container opens and corrected when it
/// closes.
///
/// A container may be written to until its parent is; there is no way back into a closed one.
///
/// One thread encodes one message, and no method of this class runs inside a change of its state,
/// so the run-time checks for overlapping access, a third of the cost of encoding, are left out.
final class CodableEncoder: Encoder {
    private struct OpenContainer {
        let header: Int
        let isMap: Bool
        let keyType: ObjectIdentifier?
        var count = 0
    }

    /// Names one container among those that were ever open.
    struct Place {
        let depth: Int
        let header: Int
    }

    @exclusivity(unchecked) var writer: CBORWriter
    @exclusivity(unchecked) private var open: [OpenContainer] = []
    /// How many containers were open when the value that writes itself now began.
    @exclusivity(unchecked) private var base = 0
    /// What a call that cannot throw had to refuse.
    @exclusivity(unchecked) private var failure: EncodingProblem?

    /// Errors name values by themselves, so no path is kept.
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    private init(_ writer: CBORWriter) {
        self.writer = writer
        open.reserveCapacity(4)
    }

    static func append(_ value: some Encodable, to writer: inout CBORWriter) throws {
        let encoder = CodableEncoder(writer)
        // The buffer has one owner at a time, so that it is never copied.
        writer.bytes = []
        defer { swap(&writer, &encoder.writer) }
        try encoder.write(value)
        if let failure = encoder.failure { throw failure }
    }

    func write<T: Encodable>(_ value: T) throws {
        if try writeSpecial(value) { return }
        let (depth, outer, start) = (open.count, base, writer.count)
        base = depth
        try value.encode(to: self)
        base = outer
        if open.count > depth, !open[depth].isMap, T.self is any KeyedByOther.Type {
            throw EncodingProblem.unsupported("a dictionary whose keys are not strings")
        }
        try close(downTo: depth)
        if writer.count == start { writer.mapHeader(0) }
    }

    private func writeSpecial<T: Encodable>(_ value: T) throws -> Bool {
        let name = ObjectIdentifier(T.self)
        // The first two know by their comparison that T is the type they cast to.
        if name == SpecialType.id {
            writer.id(unsafeBitCast(value, to: UUID.self))
        } else if name == SpecialType.bytes {
            writer.bytes(unsafeBitCast(value, to: [UInt8].self))
        } else if name == SpecialType.value, let value = value as? Value {
            writer.value(value)
        } else if name == SpecialType.data, let data = value as? Data {
            writer.bytes(data)
        } else if name == SpecialType.date {
            throw EncodingProblem.unsupported("a Date: use Instant")
        } else {
            return false
        }
        return true
    }

    // MARK: Containers

    /// Opens a container for the value that writes itself now, or finds the one it has open.
    func place(isMap: Bool, keyType: ObjectIdentifier? = nil) -> Place {
        guard open.count > base else { return push(isMap: isMap, keyType: keyType) }
        if open[base].isMap != isMap {
            failure = failure ?? .unsupported("a value that is both a map and an array")
        }
        return Place(depth: base, header: open[base].header)
    }

    func push(isMap: Bool, keyType: ObjectIdentifier? = nil) -> Place {
        let place = Place(depth: open.count, header: writer.count)
        if open.count >= CBORLimits.depth {
            failure = failure ?? .unsupported("nesting deeper than \(CBORLimits.depth) levels")
        }
        open.append(OpenContainer(header: writer.count, isMap: isMap, keyType: keyType))
        writer.bytes.append(isMap ? 0xa0 : 0x80)
        return place
    }

    /// Makes the container the one that is written to, and counts one more entry of it.
    func begin(_ place: Place) throws {
        guard place.depth < open.count, open[place.depth].header == place.header else {
            throw EncodingProblem.unsupported("writing to a container that is closed")
        }
        if open.count > place.depth + 1 { try close(downTo: place.depth + 1) }
        open[place.depth].count += 1
    }

    func count(_ place: Place) -> Int {
        place.depth < open.count ? open[place.depth].count : 0
    }

    func refuse(_ what: String) { failure = failure ?? .unsupported(what) }

    /// The key type, private to the standard library, under which dictionaries encode themselves.
    private static let dictionaryKey: ObjectIdentifier? = {
        let probe = CodableEncoder(CBORWriter())
        // Empty: nobody's words.
        try? [String: Bool]().encode(to: probe)
        return probe.open.first?.keyType
    }()

    private func close(downTo depth: Int) throws {
        while open.count > depth, let container = open.popLast() {
            if container.isMap, container.keyType == CodableEncoder.dictionaryKey {
                try writer.sortEntries(from: container.header + 1, count: container.count)
            }
            writer.patchHeader(
                at: container.header, container.isMap ? 0xa0 : 0x80, container.count)
        }
    }
}

/// What the wire has no form for.
struct EncodingProblem: Error, CustomStringConvertible {
    let description: String

    static func unsupported(_ what: String) -> EncodingProblem {
        EncodingProblem(description: "cannot be encoded: \(what)")
    }
}

/// Dictionaries: those with text keys never ask for an array to write to.
private protocol KeyedByOther {}

extension Dictionary: KeyedByOther {}

extension CBORWriter {
    /// Corrects a header that was put down as one byte.
    mutating func patchHeader(at offset: Int, _ major: UInt8, _ count: Int) {
        guard count >= 24 else {
            bytes[offset] = major | UInt8(truncatingIfNeeded: count)
            return
        }
        var header = CBORWriter()
        header.head(major, UInt64(count))
        bytes.replaceSubrange(offset...offset, with: header.bytes)
    }
}
