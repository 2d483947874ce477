/// Values on their way into a statement: cells in order, their bytes in one buffer, so that a row
/// costs no allocation of its own.
public struct ColumnWriter: Sendable {
    enum Cell: Sendable {
        case null
        case integer(Int64)
        case text(Range<Int>)
        case blob(Range<Int>)
    }

    private(set) var cells: [Cell] = []
    private(set) var bytes: [UInt8] = []

    init() {}

    public mutating func append(_ value: some Bindable) { value.write(to: &self) }

    // Not inlined: a row would else hold this code once for each of its columns.

    @inline(never)
    mutating func appendNull() { cells.append(.null) }

    @inline(never)
    mutating func append(integer: Int64) { cells.append(.integer(integer)) }

    @inline(never)
    mutating func append(text: String) {
        let start = bytes.count
        bytes.append(contentsOf: text.utf8)
        cells.append(.text(start..<bytes.count))
    }

    mutating func append(blob: some Collection<UInt8>) {
        let start = bytes.count
        bytes.append(contentsOf: blob)
        cells.append(.blob(start..<bytes.count))
    }

    mutating func append(contentsOf other: ColumnWriter) {
        let shift = bytes.count
        bytes.append(contentsOf: other.bytes)
        for cell in other.cells {
            switch cell {
            case .null, .integer: cells.append(cell)
            case .text(let range):
                cells.append(.text(range.lowerBound + shift..<range.upperBound + shift))
            case .blob(let range):
                cells.append(.blob(range.lowerBound + shift..<range.upperBound + shift))
            }
        }
    }

    mutating func removeAll() {
        cells.removeAll(keepingCapacity: true)
        bytes.removeAll(keepingCapacity: true)
    }
}
