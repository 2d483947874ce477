import Glibc
import Lifecycle
import Support
import Wire

/// One connection through the proxy: two sockets, and whole frames from each to the other, treated
/// as its temper says.
final class Pipe {
    /// One of the two sockets, and what is on its way to it.
    private struct End {
        let descriptor: Int32
        /// What came from here, until it is a whole frame.
        var incoming = FrameDecoder(limit: FrameLimits.afterHello)
        var outgoing: [UInt8] = []
        /// A frame that waits for its neighbour to go first.
        var held: [UInt8]?
        var isDribbling = false
    }

    private static let client = 0
    private static let server = 1

    private var ends: [End]
    private let temper: Temper
    private let random: SeededRandom
    private let toll: Toll
    private let loop: ProxyLoop
    private var frames = 0
    private var isEnded = false

    init(
        client: Int32, server: Int32, temper: Temper, random: SeededRandom, toll: Toll,
        loop: ProxyLoop
    ) {
        ends = [End(descriptor: client), End(descriptor: server)]
        self.temper = temper
        self.random = random
        self.toll = toll
        self.loop = loop
    }

    private func place(of descriptor: Int32) -> Int {
        ends[Self.client].descriptor == descriptor ? Self.client : Self.server
    }

    // MARK: What the loop tells

    func received(_ bytes: ArraySlice<UInt8>, from descriptor: Int32) {
        let from = place(of: descriptor)
        ends[from].incoming.append(bytes)
        do {
            while !isEnded, let body = try ends[from].incoming.next() {
                let length = UInt32(body.count)
                let header = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: length >> $0) }
                pass(header + body, to: 1 - from)
            }
        } catch {
            end()
        }
    }

    /// What waits for the other one still goes out.
    func peerEnded(_ descriptor: Int32) {
        let other = 1 - place(of: descriptor)
        flush(ends[other].descriptor)
        end()
    }

    func flush(_ descriptor: Int32) {
        let to = place(of: descriptor)
        guard !isEnded, !ends[to].isDribbling else { return }
        while !ends[to].outgoing.isEmpty {
            let count = ends[to].outgoing.withUnsafeBytes {
                send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { break }
            ends[to].outgoing.removeFirst(count)
        }
        loop.watch(descriptor, forRoom: !ends[to].outgoing.isEmpty)
    }

    func end() {
        guard !isEnded else { return }
        isEnded = true
        for end in ends { loop.forget(end.descriptor) }
    }

    // MARK: Frames

    private func pass(_ frame: [UInt8], to: Int) {
        frames += 1
        if let trouble = temper.trouble(at: frames) {
            toll.add(trouble)
            return meet(trouble, frame, to)
        }
        guard let habit = temper.habit(of: FrameKind(frame), random) else {
            return forward(frame, to)
        }
        toll.add(habit)
        switch habit {
        case .replyHeld:
            loop.after(ms: 20 + random.below(3_000)) { [self] in forward(frame, to) }
        case .frameDoubled:
            forward(frame, to)
            // At once, or when the first one has had its answer.
            loop.after(ms: random.below(2) * random.below(500)) { [self] in forward(frame, to) }
        case .framesSwapped: hold(frame, to)
        case .wrongID: forward(Self.withWrongID(frame), to)
        default: break
        }
    }

    private func forward(_ frame: [UInt8], _ to: Int) {
        guard !isEnded else { return }
        ends[to].outgoing += frame
        if let held = ends[to].held {
            ends[to].held = nil
            ends[to].outgoing += held
        }
        flush(ends[to].descriptor)
    }

    /// Behind the next one, but not for ever.
    private func hold(_ frame: [UInt8], _ to: Int) {
        guard ends[to].held == nil else { return forward(frame, to) }
        ends[to].held = frame
        loop.after(ms: 200) { [self] in
            guard let held = ends[to].held else { return }
            ends[to].held = nil
            forward(held, to)
        }
    }

    private func meet(_ trouble: Harm, _ frame: [UInt8], _ to: Int) {
        switch trouble {
        case .cut:
            ends[to].outgoing += frame.prefix(Int(random.below(UInt64(frame.count))))
            flush(ends[to].descriptor)
            end()
        case .reset:
            for end in ends { Socket.closeByReset(end.descriptor) }
            end()
        case .halfClosed:
            forward(frame, to)
            Socket.halfClose(ends[to].descriptor)
        default: dribble(frame, to, from: 0)
        }
    }

    /// A byte at a time; what comes after it waits.
    private func dribble(_ frame: [UInt8], _ to: Int, from place: Int) {
        guard !isEnded else { return }
        ends[to].isDribbling = true
        guard place < frame.count else {
            ends[to].isDribbling = false
            return flush(ends[to].descriptor)
        }
        let sent = frame[place...].prefix(1).withUnsafeBytes {
            send(ends[to].descriptor, $0.baseAddress, 1, Int32(MSG_NOSIGNAL))
        }
        let next = sent == 1 ? place + 1 : place
        loop.after(ms: random.below(12)) { [self] in dribble(frame, to, from: next) }
    }

    /// The same reply to a call that was never made.
    private static func withWrongID(_ frame: [UInt8]) -> [UInt8] {
        var reader = CBORReader(frame.dropFirst(FrameDecoder.headerBytes))
        guard let count = try? reader.readArrayHeader(), let kind = try? reader.readInteger(),
            let id = try? reader.readInteger()
        else { return frame }
        var writer = CBORWriter()
        let start = writer.openFrame()
        writer.arrayHeader(count)
        writer.integer(kind)
        writer.integer(id + 1_000_000)
        writer.bytes += reader.rest
        guard (try? writer.closeFrame(start)) != nil else { return frame }
        return writer.bytes
    }
}
