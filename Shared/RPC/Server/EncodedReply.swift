public import Lifecycle
public import Wire

/// A reply that was encoded once for many who ask the same, all but its last field: the time at
/// which each of them is answered.
public struct EncodedReply<Reply: Body>: CBORWritable, Sendable {
    private let start: [UInt8]
    private let time: Instant

    /// - Parameter time: the last field of `reply`.
    public init(_ reply: Reply, endingWith time: Instant) {
        let (bytes, end) = (CBOR.encode(reply), Self.bytes(of: time))
        // The order of fields is a constant of the program: a wrong one shows in the first test.
        precondition(bytes.suffix(end.count).elementsEqual(end), "the time is not the last field")
        self.init(start: Array(bytes.dropLast(end.count)), time: time)
    }

    private init(start: [UInt8], time: Instant) {
        self.start = start
        self.time = time
    }

    /// The same reply at another time.
    public func at(_ time: Instant) -> EncodedReply { EncodedReply(start: start, time: time) }

    public func write(to writer: inout CBORWriter) {
        writer.encoded(start)
        writer.integer(time.milliseconds)
    }

    private static func bytes(of time: Instant) -> [UInt8] {
        var writer = CBORWriter()
        writer.integer(time.milliseconds)
        return writer.bytes
    }
}
