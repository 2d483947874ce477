import Glibc
import Lifecycle
import Support
import Synchronization
import Testing

@testable import Net

/// Keeps what arrives; sends it back when it shall.
private final class Recorder: ChannelHandler {
    private struct State {
        var received = 0
        var last: UInt8?
        var isInOrder = true
        var isClosed = false
        var drained = 0
        var waiters: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []

        mutating func takeReady() -> [CheckedContinuation<Void, Never>] {
            let (count, isClosed) = (received, isClosed)
            let ready = waiters.filter { count >= $0.count || isClosed }
            waiters.removeAll { count >= $0.count || isClosed }
            return ready.map(\.continuation)
        }
    }

    private let state = Mutex(State())
    private let echo: (any Channel)?

    init(echo: (any Channel)? = nil) { self.echo = echo }

    func channelReceived(_ bytes: UnsafeRawBufferPointer) {
        let copy = Array(bytes)
        echo?.write { $0.append(contentsOf: copy) }
        let ready = state.withLock { state in
            for byte in copy {
                if let last = state.last, byte != last &+ 1 { state.isInOrder = false }
                state.last = byte
            }
            state.received += copy.count
            return state.takeReady()
        }
        for continuation in ready { continuation.resume() }
    }

    func channelDrained() { state.withLock { $0.drained += 1 } }

    func channelClosed(_ reason: NetError?) {
        let ready = state.withLock { state in
            state.isClosed = true
            return state.takeReady()
        }
        for continuation in ready { continuation.resume() }
    }

    var received: Int { state.withLock { $0.received } }
    var isInOrder: Bool { state.withLock { $0.isInOrder } }
    var isClosed: Bool { state.withLock { $0.isClosed } }
    var drained: Int { state.withLock { $0.drained } }

    /// Returns when so many bytes have come, or the channel has ended.
    func wait(for count: Int) async {
        await withCheckedContinuation { continuation in
            let isReady = state.withLock { state in
                if state.received >= count || state.isClosed { return true }
                state.waiters.append((count, continuation))
                return false
            }
            if isReady { continuation.resume() }
        }
    }
}

private final class Held: Sendable {
    private let handlers = Mutex([Recorder]())
    func add(_ handler: Recorder) { handlers.withLock { $0.append(handler) } }
    var first: Recorder? { handlers.withLock { $0.first } }
}

/// One body over memory in virtual time, and over TCP on a real loop.
private func onBothNetworks(
    _ body: @escaping @Sendable (any Network) async throws -> Void
) async throws {
    let test = TestWorld(seed: 2)
    try test.run { try await body(MemoryNetwork(scheduler: test.scheduler)) }
    let loop = try EventLoop()
    try loop.start(name: "net-test")
    defer { loop.stop() }
    try await loop.spawn { try await body(TCPNetwork(loop: loop)) }.value
}

@Suite struct ChannelTests {
    private static let megabytes = [UInt8]((0..<3_000_000).map { UInt8(truncatingIfNeeded: $0) })

    @Test func bytesArriveInOrderAndComeBack() async throws {
        try await onBothNetworks { network in
            let listener = try await network.listen(at: .loopback()) { Recorder(echo: $0) }
            let near = Recorder()
            let channel = try await network.connect(to: listener.address) { _ in near }
            channel.write { $0.append(contentsOf: Self.megabytes) }
            await near.wait(for: Self.megabytes.count)
            #expect(near.received == Self.megabytes.count)
            #expect(near.isInOrder)
            channel.close()
            listener.close()
        }
    }

    @Test func closeSendsWhatWaitsAndBothSidesHear() async throws {
        try await onBothNetworks { network in
            let held = Held()
            let listener = try await network.listen(at: .loopback()) { _ in
                let recorder = Recorder()
                held.add(recorder)
                return recorder
            }
            let near = Recorder()
            let channel = try await network.connect(to: listener.address) { _ in near }
            channel.write { $0.append(contentsOf: Self.megabytes) }
            channel.close()
            await near.wait(for: .max)
            let far = try #require(held.first)
            await far.wait(for: .max)
            #expect(near.isClosed)
            #expect(far.received == Self.megabytes.count)
            #expect(channel.write { $0.append(1) } == 0)
            listener.close()
        }
    }

    @Test func aPeerThatDoesNotReadMakesBytesWait() async throws {
        try await onBothNetworks { network in
            let held = Held()
            let listener = try await network.listen(at: .loopback()) { channel in
                channel.setReading(false)
                let recorder = Recorder()
                held.add(recorder)
                return recorder
            }
            let near = Recorder()
            let channel = try await network.connect(to: listener.address) { _ in near }
            var unsent = 0
            for _ in 0..<10 { unsent = channel.write { $0.append(contentsOf: Self.megabytes) } }
            #expect(unsent > 1_000_000)
            channel.abort()
            await near.wait(for: .max)
            #expect(near.isClosed)
            listener.close()
        }
    }

    @Test func aChannelThatIsTurnedAwayEndsAtOnce() async throws {
        try await onBothNetworks { network in
            let held = Held()
            let listener = try await network.listen(at: .loopback()) { channel in
                channel.write { $0.append(7) }
                channel.close()
                let recorder = Recorder()
                held.add(recorder)
                return recorder
            }
            let near = Recorder()
            _ = try await network.connect(to: listener.address) { _ in near }
            await near.wait(for: .max)
            #expect(near.isClosed)
            #expect(near.received == 1)
            let far = try #require(held.first)
            await far.wait(for: .max)
            #expect(far.isClosed)
            listener.close()
        }
    }

    /// A peer that is gone is found out while we send to it after 20 s, not after the kernel's 15
    /// minutes; both ends of a connection are set so.
    @Test func aSilentPeerIsGivenUpByTheKernelAfterTwentySeconds() async throws {
        let loop = try EventLoop()
        try loop.start(name: "net-test")
        defer { loop.stop() }
        try await loop.spawn {
            let network = TCPNetwork(loop: loop)
            let far = Mutex<(any Channel)?>(nil)
            let listener = try await network.listen(at: .loopback()) { channel in
                far.withLock { $0 = channel }
                return Recorder(echo: channel)
            }
            let near = Recorder()
            let channel = try await network.connect(to: listener.address) { _ in near }
            channel.write { $0.append(1) }
            await near.wait(for: 1)
            for end in [channel, try #require(far.withLock { $0 })] {
                let socket = try #require(end as? TCPChannel).descriptor
                var timeoutMs: Int32 = 0
                var size = socklen_t(MemoryLayout<Int32>.size)
                let code = getsockopt(
                    socket, Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, &timeoutMs, &size)
                #expect(code == 0 && timeoutMs == 20_000)
            }
            channel.close()
            listener.close()
        }.value
    }

    @Test func nobodyListening() async throws {
        try await onBothNetworks { network in
            let listener = try await network.listen(at: .loopback()) { _ in Recorder() }
            let address = listener.address
            #expect(address.port != 0)
            await #expect(throws: NetError.self) {
                _ = try await network.listen(at: address) { _ in Recorder() }
            }
            listener.close()
            let error = await #expect(throws: NetError.self) {
                _ = try await network.connect(to: .loopback(port: 1)) { _ in Recorder() }
            }
            #expect(error?.code == .refused)
        }
    }
}
