/// Cuts a stream of bytes into frames: a 4-byte big-endian length, then that many bytes.
///
/// Its buffer grows with what has arrived, not with what a header promises, and is given back when
/// a large frame has gone. A frame longer than the limit is refused by its header. After an error
/// the stream is out of step for good: close the connection.
public struct FrameDecoder: Sendable {
    public static let headerBytes = 4

    /// The most bytes a frame may have behind its header; it holds for headers not yet read.
    public var limit: Int

    private var buffer: [UInt8] = []
    private var consumed = 0

    public init(limit: Int) { self.limit = limit }

    /// Bytes that have arrived and are not part of a frame given out.
    public var waiting: Int { buffer.count - consumed }

    public mutating func append(_ chunk: some Collection<UInt8>) {
        discardConsumed()
        buffer.append(contentsOf: chunk)
    }

    /// The body of the next whole frame, or nil when more bytes are needed. Frames that are let go
    /// before the next `append` cost no copy.
    public mutating func next() throws(FrameError) -> ArraySlice<UInt8>? {
        guard waiting >= FrameDecoder.headerBytes else { return nil }
        var length = 0
        for byte in buffer[consumed..<(consumed + FrameDecoder.headerBytes)] {
            length = length << 8 | Int(byte)
        }
        guard length > 0 else { throw .empty }
        guard length <= limit else { throw .tooLarge(bytes: length, limit: limit) }
        guard waiting - FrameDecoder.headerBytes >= length else { return nil }
        let first = consumed + FrameDecoder.headerBytes
        consumed = first + length
        return buffer[first..<consumed]
    }

    /// Moves the incomplete frame, if any, to the front. That happens once a frame at most, so a
    /// frame that comes byte by byte is not moved again and again.
    private mutating func discardConsumed() {
        guard consumed > 0 else { return }
        if consumed == buffer.count {
            let isLarge = buffer.capacity > FrameDecoder.keptBytes
            buffer.removeAll(keepingCapacity: !isLarge)
        } else {
            buffer.removeSubrange(..<consumed)
        }
        consumed = 0
    }

    /// A buffer of up to this size is kept by an idle connection.
    private static let keptBytes = 32 * 1024
}

public enum FrameError: Error, Sendable, Equatable, CustomStringConvertible {
    case empty
    case tooLarge(bytes: Int, limit: Int)

    public var description: String {
        switch self {
        case .empty: "a frame of no bytes"
        case .tooLarge(let bytes, let limit): "a frame of \(bytes) bytes, the limit is \(limit)"
        }
    }
}

public enum FrameLimits {
    /// Until the other side has proved who it is.
    public static let beforeHello = 4 * 1024
    public static let afterHello = 1024 * 1024
}
