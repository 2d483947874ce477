public import Wire

extension FieldType {
    /// The bytes of the largest value that the table allows, as CBOR.
    public var mostBytes: Int {
        switch self {
        case .flag: 1
        case .integer(let range):
            max(
                head(range.lowerBound < 0 ? UInt64(~range.lowerBound) : 0),
                head(range.upperBound < 0 ? 0 : UInt64(range.upperBound)))
        case .instant: head(.max)
        case .text(let maxBytes, _), .bytes(let maxBytes): head(UInt64(maxBytes)) + maxBytes
        case .id: 2 + 1 + 16
        // A word that this version does not know may be as long as any.
        case .word: head(64) + 64
        case .message(let fields, _):
            fields.reduce(head(UInt64(fields.count))) { sum, field in
                sum + FieldType.text(maxBytes: field.name.utf8.count).mostBytes
                    + field.type.mostBytes
            }
        case .list(let row, let maxCount): head(UInt64(maxCount)) + maxCount * row.mostBytes
        case .map(let entry, let maxCount):
            head(UInt64(maxCount))
                + maxCount * (FieldType.text(maxBytes: 64).mostBytes + entry.mostBytes)
        // Nobody knows: whatever holds it must be bounded in another way.
        case .any: 1 << 30
        }
    }

    /// The head of an item with this number (RFC 8949, 3).
    private func head(_ number: UInt64) -> Int {
        switch number {
        case ..<24: 1
        case ...0xff: 2
        case ...0xffff: 3
        case ...0xffff_ffff: 5
        default: 9
        }
    }
}
