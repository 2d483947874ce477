/// A row of any table, its texts and blobs in one buffer.
struct PastRow {
    enum Cell {
        case null
        case integer(Int64)
        case text(Range<Int>)
        case blob(Range<Int>)
    }

    /// A place in a row that another day makes different.
    enum Trace {
        /// An instant in milliseconds, as a cell or as an integer of 8 bytes.
        case instant(cell: Int)
        case instantInBytes(at: Int)
        /// The 48 bits of an id that are its time, as bytes or as hexadecimal digits.
        case id(at: Int)
        case digits(at: Int)
        /// A number that goes up by so much a day.
        case count(cell: Int, aDay: Int64)
    }

    var cells: [Cell] = []
    private(set) var bytes: [UInt8] = []
    private(set) var traces: [Trace] = []

    mutating func append(_ part: UnsafeRawBufferPointer) -> Range<Int> {
        let start = bytes.count
        bytes.append(contentsOf: part)
        return start..<bytes.count
    }

    func integer(_ column: Int) -> Int64 {
        if case .integer(let value) = cells[column] { value } else { 0 }
    }

    /// The bytes of a cell that tells rows of one parent from those of another.
    func part(_ column: Int) -> [UInt8] {
        switch cells[column] {
        case .text(let range), .blob(let range): Array(bytes[range])
        case .null, .integer: []
        }
    }

    mutating func count(_ column: Int, aDay step: Int64) {
        traces.append(.count(cell: column, aDay: step))
    }

    // MARK: Traces of a day

    /// Finds what was drawn at or after `start`: no price and no number of ours is as large as an
    /// instant of today, and ids of before, of events and types, stay.
    mutating func trace(since start: Int64) {
        for (index, cell) in cells.enumerated() {
            switch cell {
            case .null: break
            case .integer(let value): if value >= start { traces.append(.instant(cell: index)) }
            case .text(let range): traceText(range, start)
            case .blob(let range): traceBlob(range, start)
            }
        }
    }

    /// An account is named after a checkout: its text ends with an id.
    private mutating func traceText(_ range: Range<Int>, _ start: Int64) {
        let at = range.upperBound - 36
        guard at >= range.lowerBound, bytes[at + 8] == UInt8(ascii: "-"),
            let time = Self.time(ofDigits: bytes, at: at), time >= start
        else { return }
        traces.append(.digits(at: at))
    }

    /// An id, or CBOR with ids (tag 37, 16 bytes) and instants (8 bytes) in it.
    private mutating func traceBlob(_ range: Range<Int>, _ start: Int64) {
        func isRecent(_ at: Int, _ size: Int) -> Bool {
            (start..<start + 86_400_000).contains(Self.number(bytes, at, size))
        }
        if range.count == 16 {
            if isRecent(range.lowerBound, 6) { traces.append(.id(at: range.lowerBound)) }
            return
        }
        for at in range {
            if at + 19 <= range.upperBound, bytes[at..<at + 3].elementsEqual([0xd8, 0x25, 0x50]),
                isRecent(at + 3, 6)
            {
                traces.append(.id(at: at + 3))
            }
            if at + 9 <= range.upperBound, bytes[at] == 0x1b, isRecent(at + 1, 8) {
                traces.append(.instantInBytes(at: at + 1))
            }
        }
    }

    /// Moves the row to another time, as what it is so many days after the one it was read from.
    mutating func move(byMs ms: Int64, days: Int64) {
        for trace in traces {
            switch trace {
            case .instant(let cell): cells[cell] = .integer(integer(cell) + ms)
            case .instantInBytes(let at): set(Self.number(bytes, at, 8) + ms, at, 8)
            case .id(let at): set(Self.number(bytes, at, 6) + ms, at, 6)
            case .digits(let at): setDigits((Self.time(ofDigits: bytes, at: at) ?? 0) + ms, at)
            case .count(let cell, let step): cells[cell] = .integer(integer(cell) + days * step)
            }
        }
    }

    // MARK: Numbers in bytes

    private static func number(_ bytes: [UInt8], _ at: Int, _ size: Int) -> Int64 {
        bytes[at..<at + size].reduce(0) { $0 << 8 | Int64($1) }
    }

    private mutating func set(_ number: Int64, _ at: Int, _ size: Int) {
        for index in 0..<size {
            bytes[at + index] = UInt8(truncatingIfNeeded: number >> (8 * (size - 1 - index)))
        }
    }

    /// The places of the first 12 digits of an id: `0199c0de-0000-…`.
    private static let digitPlaces = [0, 1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12]
    private static let digits = Array("0123456789abcdef".utf8)
    private static let capitals = Array("0123456789ABCDEF".utf8)

    private static func time(ofDigits bytes: [UInt8], at start: Int) -> Int64? {
        var time: Int64 = 0
        for place in digitPlaces {
            let byte = bytes[start + place]
            guard let digit = digits.firstIndex(of: byte) ?? capitals.firstIndex(of: byte) else {
                return nil
            }
            time = time << 4 | Int64(digit)
        }
        return time
    }

    private mutating func setDigits(_ time: Int64, _ start: Int) {
        let isCapital = bytes[start..<start + 36].contains { (0x41...0x46).contains($0) }
        let digits = isCapital ? Self.capitals : Self.digits
        for (index, place) in Self.digitPlaces.enumerated() {
            bytes[start + place] = digits[Int(time >> (4 * (11 - Int64(index))) & 15)]
        }
    }
}
