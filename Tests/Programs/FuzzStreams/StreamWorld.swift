import Fuzz
import Lifecycle
import Net
import Support
import Synchronization
import Wire

@testable import RPC

/// A world of virtual time for one connection.
struct StreamWorld {
    static let secret = [UInt8](repeating: 7, count: 32)
    static let identity = "gateway"
    static let address = Address(host: "127.0.0.1", port: 7102)
    static let credentials = Credentials(identities: [
        identity: .init(
            secrets: [secret], roles: [.gateway], mayClaim: [.eventManager], actorKinds: ["user"])
    ])

    let scheduler = SimulatedScheduler(random: SeededRandom(seed: 1))
    let world: World
    let network: MemoryNetwork

    init() {
        world = World(
            scheduler: scheduler,
            clock: TestClock(start: Instant(milliseconds: 1_800_000_000_000), scheduler: scheduler),
            random: SeededRandom(seed: 2), log: .silent, metrics: Metrics())
        network = MemoryNetwork(scheduler: scheduler)
    }

    /// Bounds that a short input can reach.
    static var limits: RPCLimits {
        var limits = RPCLimits()
        limits.callsPerConnection = 4
        limits.waitsPerConnection = 2
        limits.unsentBytes = 4_096
        limits.unreadBytes = 16_384
        limits.drainMs = 1_000
        return limits
    }
}

enum StreamAPI {
    static let echo = method("fuzz.Echo", .query, .gateway)
    static let fail = method("fuzz.Fail", .mutation, .gateway)
    static let slow = method("fuzz.Slow", .mutation, .gateway)
    static let wait = method("fuzz.Wait", .wait, .gateway)
    static let staff = method("fuzz.Staff", .query, .eventManager)

    private static func method(
        _ name: String, _ kind: Method<SampleReserve, SampleReserve>.Kind, _ caller: Role
    ) -> Method<SampleReserve, SampleReserve> {
        Method(name, kind, callers: [caller], .anybody, "")
    }

    static func router(_ scheduler: any Scheduler) -> Router {
        var router = Router(log: .silent)
        for method in [echo, staff] { router.handle(method) { request, _ in request } }
        router.handle(fail) { request, _ in
            throw RPCError(
                .notFound, request.owner,
                detail: ["kind": "owner", "id": .text(request.owner)])
        }
        for method in [slow, wait] {
            router.handle(method) { request, _ in
                try await scheduler.sleep(ms: min(request.ttlMs, 3_000))
                return request
            }
        }
        return router
    }
}

/// The fuzzer's end of the connection: it says what the input tells it to and hears everything.
final class StreamPeer: ChannelHandler {
    private let channel = Mutex((any Channel)?.none)
    private let received = Mutex([UInt8]())
    private let onHello: @Sendable (Hello, StreamPeer) -> Void

    init(onHello: @escaping @Sendable (Hello, StreamPeer) -> Void) { self.onHello = onHello }

    func use(_ channel: any Channel) { self.channel.withLock { $0 = channel } }

    func send(_ bytes: [UInt8]) { _ = channel.withLock { $0 }?.write { $0 += bytes } }

    func send(hello: Hello) { try? channel.withLock { $0 }?.sendHello(hello) }

    func close() { channel.withLock { $0 }?.close() }

    /// All frames so far; what our own side writes can always be read.
    var frames: [Frame] { Self.frames(received.withLock { $0 }, areOurs: true) }

    /// The frames of a stream up to the first that is none.
    static func frames(_ bytes: [UInt8], areOurs: Bool = false) -> [Frame] {
        var decoder = FrameDecoder(limit: areOurs ? .max : FrameLimits.afterHello)
        decoder.append(bytes)
        var frames: [Frame] = []
        do {
            while let body = try decoder.next() {
                var reader = CBORReader(body)
                frames.append(try Frame.read(&reader))
            }
        } catch {
            if areOurs { preconditionFailure("we sent what cannot be read: \(error)") }
        }
        return frames
    }

    func channelReceived(_ bytes: UnsafeRawBufferPointer) {
        var decoder = FrameDecoder(limit: .max)
        decoder.append(bytes)
        received.withLock { $0 += bytes }
        guard let body = try? decoder.next() else { return }
        var reader = CBORReader(body)
        if case .hello(let hello) = try? Frame.read(&reader) { onHello(hello, self) }
    }

    func channelDrained() {}

    func channelClosed(_ reason: NetError?) {}
}

/// A stream as an input gives it: cut into pieces, with a pause of virtual time behind each.
struct Stream {
    let pieces: [[UInt8]]
    let pauseMs: Int64

    /// The rest of the choices. Either it lies there as it is, or as bodies of frames, each behind
    /// two bytes of length, whose headers are right.
    init(_ choices: inout Choices) {
        let size = [Int.max, 1, 3, 7, 40, 300][choices.below(6)]
        pauseMs = [0, 0, 1, 100, 600][choices.below(5)]
        let isFramed = choices.byte() % 4 != 3
        var bytes: [UInt8] = []
        while !choices.isEmpty {
            if isFramed {
                let body = choices.bytes(Int(choices.number(bytes: 2)))
                bytes += [0, 0, UInt8(body.count >> 8), UInt8(body.count & 255)] + body
            } else {
                bytes += choices.rest()
            }
        }
        // Few pieces, however long it is.
        let step = min(max(1, bytes.count), max(size, bytes.count / 24 + 1))
        pieces = stride(from: 0, to: bytes.count, by: step).map {
            Array(bytes[$0..<min(bytes.count, $0 + step)])
        }
    }

    var bytes: [UInt8] { pieces.flatMap { $0 } }
}
