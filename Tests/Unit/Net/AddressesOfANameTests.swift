import Glibc
import Lifecycle
import Testing

@testable import Net

/// A name has several addresses: each is tried, and each is listened at.
@Suite struct AddressesOfANameTests {
    private final class Quiet: ChannelHandler {
        func channelReceived(_ bytes: UnsafeRawBufferPointer) {}
        func channelDrained() {}
        func channelClosed(_ reason: NetError?) {}
    }

    private static func place(_ text: String) throws -> SocketAddress {
        let address = try #require(Address(text))
        return try #require(SocketAddress(numeric: address))
    }

    private func onLoop(
        _ body: @escaping @Sendable (EventLoop, TCPNetwork) async throws -> Void
    ) async throws {
        let loop = try EventLoop()
        try loop.start(name: "test")
        defer { loop.stop() }
        try await loop.spawn { try await body(loop, TCPNetwork(loop: loop)) }.value
    }

    @Test func theFirstThatTakesTheConnectionWins() async throws {
        try await onLoop { loop, network in
            let listener = try await network.listen(at: .loopback()) { _ in Quiet() }
            defer { listener.close() }
            let port = listener.address.port
            // Nobody listens at the first two.
            let places = try ["[::1]:\(port)", "127.0.0.2:\(port)", "127.0.0.1:\(port)"]
                .map(Self.place)
            let race = ConnectRace(places, of: listener.address, on: loop) { _ in Quiet() }
            let channel = try await race.result()
            channel.abort()
        }
    }

    @Test func whenNoneDoesTheFirstReasonIsTold() async throws {
        try await onLoop { loop, network in
            let listener = try await network.listen(at: .loopback()) { _ in Quiet() }
            defer { listener.close() }
            // The port is taken at another address, so that nobody can listen at these meanwhile.
            let port = listener.address.port
            let places = try ["127.0.0.2:\(port)", "127.0.0.3:\(port)"].map(Self.place)
            let race = ConnectRace(places, of: .loopback(port: port), on: loop) { _ in Quiet() }
            let error = await #expect(throws: NetError.self) { try await race.result() }
            #expect(error?.code == .refused)
        }
    }

    /// RFC 5737: 192.0.2.1 is nobody; whether it is silent or unreachable, the next is tried soon.
    @Test func silenceDoesNotKeepTheNextWaiting() async throws {
        try await onLoop { loop, network in
            let listener = try await network.listen(at: .loopback()) { _ in Quiet() }
            defer { listener.close() }
            let port = listener.address.port
            let places = try ["192.0.2.1:\(port)", "127.0.0.1:\(port)"].map(Self.place)
            let race = ConnectRace(places, of: listener.address, on: loop) { _ in Quiet() }
            let channel = try await race.result()
            channel.abort()
        }
    }

    @Test func whoGivesUpIsNotKept() async throws {
        try await onLoop { loop, _ in
            let race = ConnectRace([], of: .loopback(port: 1), on: loop) { _ in Quiet() }
            let error = await #expect(throws: NetError.self) { try await race.result() }
            #expect(error?.code == .unknownHost)
            let silent = ConnectRace(
                [try Self.place("192.0.2.1:9")], of: .loopback(port: 9), on: loop
            ) { _ in Quiet() }
            let attempt = loop.spawn { try await silent.result() }
            attempt.cancel()
            await #expect(throws: NetError.self) { _ = try await attempt.value }
        }
    }

    @Test func localhostIsListenedAtInEveryFamily() async throws {
        try await onLoop { _, network in
            let address = try #require(Address("localhost:0"))
            let listener = try await network.listen(at: address) { _ in Quiet() }
            defer { listener.close() }
            for place in try SocketAddress.lookUp(address) {
                let there = Address(host: place.host, port: listener.address.port)
                // A machine may know ::1 by name and have no IPv6.
                guard place.family == AF_INET || access("/proc/net/if_inet6", F_OK) == 0 else {
                    continue
                }
                try await network.connect(to: there) { _ in Quiet() }.abort()
            }
        }
    }
}
