extension CBORWriter {
    /// Begins a frame: what is written until `closeFrame` is its body.
    @inlinable
    public mutating func openFrame() -> Int {
        let start = bytes.count
        bytes.append(contentsOf: [0, 0, 0, 0])
        return start
    }

    /// Puts the length into the frame that begins at `start`. A body over the limit is taken back
    /// whole and refused.
    @inlinable
    public mutating func closeFrame(
        _ start: Int, limit: Int = FrameLimits.afterHello
    ) throws(FrameError) {
        let length = bytes.count - start - FrameDecoder.headerBytes
        guard length <= limit, let header = UInt32(exactly: length) else {
            cancelFrame(start)
            throw .tooLarge(bytes: length, limit: limit)
        }
        bytes[start] = UInt8(truncatingIfNeeded: header >> 24)
        bytes[start + 1] = UInt8(truncatingIfNeeded: header >> 16)
        bytes[start + 2] = UInt8(truncatingIfNeeded: header >> 8)
        bytes[start + 3] = UInt8(truncatingIfNeeded: header)
    }

    /// Takes back a frame that was begun.
    @inlinable
    public mutating func cancelFrame(_ start: Int) { bytes.removeSubrange(start...) }
}
