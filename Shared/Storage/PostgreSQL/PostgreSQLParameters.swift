internal import CPostgres

/// Values as libpq takes them, in the binary format. The lists are used again and again.
struct PostgreSQLParameters {
    private var numbers: [Int64] = []
    private var pointers: [UnsafePointer<CChar>?] = []
    private var lengths: [Int32] = []
    private var formats: [Int32] = []

    /// The number of a value's type in the catalogue; 0 leaves it to the server.
    static func type(of cell: ColumnWriter.Cell) -> Oid {
        switch cell {
        case .null: 0
        case .integer: 20
        case .text: 25
        case .blob: 17
        }
    }

    mutating func with<Value>(
        _ values: ColumnWriter,
        _ body: (
            _ count: Int32, _ values: UnsafePointer<UnsafePointer<CChar>?>?,
            _ lengths: UnsafePointer<Int32>?, _ formats: UnsafePointer<Int32>?
        ) -> Value
    ) -> Value {
        let cells = values.cells
        numbers.removeAll(keepingCapacity: true)
        pointers.removeAll(keepingCapacity: true)
        lengths.removeAll(keepingCapacity: true)
        while formats.count < cells.count { formats.append(1) }
        for cell in cells {
            if case .integer(let number) = cell { numbers.append(number.bigEndian) }
        }
        // One more, so that what is empty has an address too.
        numbers.append(0)
        return numbers.withUnsafeBytes { numbers in
            values.bytes.withUnsafeBytes { bytes in
                fill(cells, numbers, bytes)
                return pointers.withUnsafeBufferPointer { pointers in
                    body(
                        Int32(clamping: cells.count), pointers.baseAddress, lengths, formats)
                }
            }
        }
    }

    private mutating func fill(
        _ cells: [ColumnWriter.Cell], _ numbers: UnsafeRawBufferPointer,
        _ bytes: UnsafeRawBufferPointer
    ) {
        var used = 0
        for cell in cells {
            switch cell {
            case .null:
                pointers.append(nil)
                lengths.append(0)
            case .integer:
                pointers.append(numbers.baseAddress?.advanced(by: used).charPointer)
                lengths.append(8)
                used += 8
            case .text(let range), .blob(let range):
                let start =
                    range.isEmpty
                    ? numbers.baseAddress
                    : bytes.baseAddress?
                        .advanced(by: range.lowerBound)
                pointers.append(start?.charPointer)
                lengths.append(Int32(clamping: range.count))
            }
        }
    }
}

extension UnsafeRawPointer {
    fileprivate var charPointer: UnsafePointer<CChar> { assumingMemoryBound(to: CChar.self) }
}
