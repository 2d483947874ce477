import Net
import Synchronization
import Wire

/// One end of an exchange: remembers the numbers of the frames that come, and answers requests with
/// replies of the same number if it is to.
final class Party: ChannelHandler {
    private struct State {
        var channel: (any Channel)?
        var frames = FrameDecoder(limit: 1_000)
        var numbers: [Int64] = []
        var pieces = 0
        var isClosed = false
        var ending: NetError?
    }

    private let answers: Bool
    private let state = Mutex(State())

    init(answers: Bool) { self.answers = answers }

    var numbers: [Int64] { state.withLock { $0.numbers } }
    /// How often a frame had come in part.
    var pieces: Int { state.withLock { $0.pieces } }
    var isClosed: Bool { state.withLock { $0.isClosed } }
    var ending: NetError? { state.withLock { $0.ending } }

    func join(_ channel: any Channel) { state.withLock { $0.channel = channel } }

    static func send(_ frame: Value, to channel: any Channel) throws {
        var writer = CBORWriter()
        let start = writer.openFrame()
        writer.value(frame)
        try writer.closeFrame(start)
        channel.write { $0 += writer.bytes }
    }

    func channelReceived(_ bytes: UnsafeRawBufferPointer) {
        let (channel, new) = state.withLock { state in
            state.frames.append(bytes)
            var new: [Int64] = []
            while let body = try? state.frames.next() {
                var reader = CBORReader(body)
                guard case .array(let items)? = try? reader.readValue(),
                    case .integer(let number)? = items.last
                else { continue }
                new.append(number)
            }
            state.numbers += new
            if state.frames.waiting > 0 { state.pieces += 1 }
            return (state.channel, new)
        }
        guard answers, let channel else { return }
        for number in new { try? Self.send([2, .integer(number)], to: channel) }
    }

    func channelDrained() {}

    func channelClosed(_ reason: NetError?) {
        state.withLock {
            $0.isClosed = true
            $0.ending = reason
        }
    }
}
