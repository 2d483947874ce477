import Lifecycle
import Net
import RPC
import Support
import Testing
import Wire

/// What breaks the protocol gets a reason and a closed connection; the next caller is served.
@Suite struct ProtocolTests {
    /// Each sends something bad on a connection that has said hello.
    private static let offences: [(name: String, reason: String, Value)] = [
        ("a second hello", "PROTOCOL_ERROR", [0, ["version": 2]]),
        ("an unknown kind", "PROTOCOL_ERROR", [7, 1]),
        ("too few elements", "PROTOCOL_ERROR", [1, 5, "test.Echo"]),
        ("a negative id", "PROTOCOL_ERROR", [3, -1]),
        ("a response", "PROTOCOL_ERROR", [2, 1, .null, [:]]),
        ("no array", "PROTOCOL_ERROR", ["a": 1]),
        ("a method that is no text", "PROTOCOL_ERROR", [1, 1, 1, [:], [:]]),
    ]

    @Test func offencesCloseTheConnection() async throws {
        try await inBothWorlds { harness in
            for (name, reason, frame) in Self.offences {
                let peer = try await RawPeer.greeted(harness)
                try peer.send(frame)
                let ending = try await peer.ending()
                #expect(ending?.hasPrefix(reason) == true, "\(name): \(ending ?? "-")")
            }
            let peer = try await RawPeer.greeted(harness)
            try peer.request(1, "test.Echo")
            #expect(try await peer.next()?.reason == nil)
            try peer.channel.abort()
        }
    }

    @Test func garbageClosesTheConnection() async throws {
        let random = SeededRandom(seed: 99)
        try await inBothWorlds { harness in
            for size in [1, 5, 50, 5_000] {
                let peer = try await RawPeer.connect(to: harness)
                try peer.send(
                    bytes: [0, 0, UInt8(size >> 8), UInt8(size & 255)] + random.bytes(size))
                let ending = try await peer.ending()
                #expect(ending != nil, "\(size) bytes")
            }
        }
    }

    @Test func aRequestBeforeTheHelloIsNotServed() async throws {
        try await inBothWorlds { harness in
            let peer = try await RawPeer.connect(to: harness)
            try peer.request(1, "test.Echo")
            #expect(try await peer.ending()?.contains("before the hello") == true)
        }
    }

    @Test func aLiveIdIsNotUsedTwice() async throws {
        try await inBothWorlds { harness in
            let peer = try await RawPeer.greeted(harness)
            try peer.send([1, 1, "test.Slow", [:], ["text": "x", "number": 900]])
            try peer.request(1, "test.Echo")
            #expect(try await peer.ending()?.contains("still running") == true)
        }
    }

    @Test func bodiesThatDoNotFitAreRefusedAndTheConnectionLives() async throws {
        try await inBothWorlds { harness in
            let peer = try await RawPeer.greeted(harness)
            let bodies: [Value] = [
                [:], ["text": 1], ["text": ""], ["text": "x", "number": -1],
                ["text": "x", "number": "1"], ["number": 1], [1], "text", .null,
            ]
            for (index, body) in bodies.enumerated() {
                try peer.send([1, .integer(Int64(index)), "test.Echo", [:], body])
                #expect(try await peer.next()?.reason == "INVALID_ARGUMENT", "\(body)")
            }
            try peer.send([
                1, 100, "test.Echo", [:], ["text": "x", "more": [1, 2], "number": .null],
            ])
            #expect(try await peer.next()?.reason == nil)
            try peer.channel.abort()
        }
    }

    @Test func everySplitOfAFrameReadsTheSame() throws {
        try inVirtualTime { harness, test in
            let peer = try await RawPeer.greeted(harness)
            var writer = CBORWriter()
            let start = writer.openFrame()
            writer.value([1, 1, "test.Echo", [:], ["text": "split"]])
            try writer.closeFrame(start)
            for cut in 1..<writer.bytes.count {
                try peer.send(bytes: Array(writer.bytes[..<cut]))
                try await test.scheduler.sleep(ms: 1)
                try peer.send(bytes: Array(writer.bytes[cut...]))
                guard case .array(let items) = try await peer.next() else {
                    throw RawPeer.Unexpected(nil)
                }
                #expect(items[3]["text"] == "split")
            }
            try peer.channel.abort()
        }
    }
}
