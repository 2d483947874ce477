extension CBORReader {
    /// Where the item at `position` ends, or nil when it does not end within the bytes.
    ///
    /// It looks at lengths and counts only, a few operations an item and without recursion. So it
    /// serves to look ahead: what is stepped over this way is checked elsewhere, before or after.
    func extent(at position: Int) -> Int? {
        let start = bytes.startIndex
        return bytes.withUnsafeBufferPointer { buffer in
            Self.extent(in: buffer, at: position - start).map { $0 + start }
        }
    }

    /// The same among the bytes themselves, counted from 0.
    static func extent(in buffer: UnsafeBufferPointer<UInt8>, at position: Int) -> Int? {
        var place = position
        var left = 1
        while left > 0 {
            left -= 1
            guard let (argument, next) = extentOfHead(in: buffer, at: place) else { return nil }
            let major = buffer[place] >> 5
            place = next
            switch major {
            case 2, 3:
                guard argument <= buffer.count - next else { return nil }
                place = next + argument
            case 4, 5:
                guard argument <= buffer.count - next else { return nil }
                left += major == 4 ? argument : 2 * argument
            case 6: left += 1
            default: break
            }
        }
        return place
    }

    /// Where the content of a key or another string lies, or nil when it is cut off.
    func stringExtent(at position: Int) -> Range<Int>? {
        let start = bytes.startIndex
        return bytes.withUnsafeBufferPointer { buffer in
            Self.stringExtent(in: buffer, at: position - start).map {
                ($0.lowerBound + start)..<($0.upperBound + start)
            }
        }
    }

    /// The same among the bytes themselves, counted from 0.
    @inline(__always)
    static func stringExtent(
        in buffer: UnsafeBufferPointer<UInt8>, at position: Int
    ) -> Range<Int>? {
        guard let (length, next) = extentOfHead(in: buffer, at: position),
            length <= buffer.count - next
        else { return nil }
        return next..<(next + length)
    }

    /// The argument of a head, and where its content begins.
    @inline(__always)
    private static func extentOfHead(
        in buffer: UnsafeBufferPointer<UInt8>, at place: Int
    ) -> (argument: Int, next: Int)? {
        guard place >= 0, place < buffer.count else { return nil }
        let bits = Int(buffer[place] & 0x1f)
        guard bits >= 24 else { return (bits, place + 1) }
        guard bits < 28 else { return nil }
        let next = place + 1 + (1 << (bits - 24))
        guard next <= buffer.count else { return nil }
        var argument: UInt64 = 0
        for index in (place + 1)..<next { argument = argument << 8 | UInt64(buffer[index]) }
        return (Int(clamping: argument), next)
    }
}
