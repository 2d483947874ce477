import Lifecycle
import Net
import RPC
import Support
import Testing
import Wire

/// The ends of what the schema allows, and what is wrong with one call and no other.
@Suite struct EdgeTests {
    /// `[1, id, "test.Echo", {"actor"?, "deadlineMs"}, {"text": "x"}]` with any `uint`.
    private static func echo(id: UInt64, deadlineMs: UInt64, withTrace: Bool = false) -> [UInt8] {
        frame { writer in
            writer.arrayHeader(5)
            writer.integer(1)
            writer.unsigned(id)
            writer.text("test.Echo")
            writer.mapHeader(withTrace ? 2 : 1)
            if withTrace {
                writer.text("other")
                writer.text("t")
            }
            writer.text("deadlineMs")
            writer.unsigned(deadlineMs)
            writer.mapHeader(1)
            writer.text("text")
            writer.text("x")
        }
    }

    private static func frame(_ body: (inout CBORWriter) -> Void) -> [UInt8] {
        var writer = CBORWriter()
        let start = writer.openFrame()
        body(&writer)
        try? writer.closeFrame(start)
        return writer.bytes
    }

    /// Ids beyond `Int64` are no `Value`: the bytes are compared.
    @Test(arguments: [1 << 63 - 1, 1 << 63, .max] as [UInt64])
    func anyUnsignedIntegerIsTaken(_ number: UInt64) async throws {
        try await inBothWorlds { harness in
            for withTrace in [false, true] {
                let peer = try await RawPeer.greeted(harness)
                try peer.send(bytes: Self.echo(id: 7, deadlineMs: number, withTrace: withTrace))
                guard case .array(let items)? = try await peer.next() else {
                    Issue.record("no answer")
                    return
                }
                #expect(items[1] == 7 && items[2] == .null)
                try peer.channel.abort()
            }
            let peer = try await RawPeer.greeted(harness)
            peer.keepsBytes()
            try peer.send(bytes: Self.echo(id: number, deadlineMs: 1_000))
            try peer.send(
                bytes: Self.frame {
                    $0.arrayHeader(2)
                    $0.integer(5)
                    $0.unsigned(number)
                })
            try peer.request(9, "test.Echo")
            // Time has to pass for anything to arrive, in the simulated world too.
            for _ in 0..<2_000 where peer.count < 3 {
                try await harness.world.scheduler.sleep(ms: 1)
            }
            #expect(peer.count == 3)
            let answer = Self.frame {
                $0.arrayHeader(4)
                $0.integer(2)
                $0.unsigned(number)
                $0.null()
                $0.mapHeader(1)
                $0.text("text")
                $0.text("x")
            }
            let pong = Self.frame {
                $0.arrayHeader(2)
                $0.integer(6)
                $0.unsigned(number)
            }
            #expect(peer.bytes.contains(answer) && peer.bytes.contains(pong))
            try peer.channel.abort()
        }
    }

    /// Each is answered under its id with the field that is wrong; the connection goes on.
    @Test(
        arguments: [
            (["actor": ["kind": "user"]], "context.actor.id is missing"),
            (["actor": ["id": "ann"]], "context.actor.kind is missing"),
            (["actor": ["id": 1, "kind": "user"]], "context.actor.id must be text"),
            (["actor": ["id": "ann", "kind": "user", "roles": 1]], "context.actor.roles must be"),
            (["actor": "ann"], "context.actor must be an object"),
            (["deadlineMs": "soon"], "context.deadlineMs must be an integer"),
            (["deadlineMs": -1], "context.deadlineMs"), (["key": "k1"], "context.key is not taken"),
            (1, "context must be an object"),
        ] as [(Value, String)])
    func badContextIsAnsweredByName(_ context: Value, _ message: String) throws {
        try inVirtualTime { harness, _ in
            let peer = try await RawPeer.greeted(harness)
            try peer.request(2, "test.Echo", context)
            guard case .array(let items)? = try await peer.next(),
                case .text(let told)? = items[1] == 2 ? items[2]["message"] : nil
            else {
                Issue.record("not answered")
                return
            }
            #expect(items[2]["reason"] == "INVALID_ARGUMENT")
            #expect(told.hasPrefix(message), "\(told)")
            try peer.request(3, "test.Echo")
            #expect(try await peer.next()?.reason == nil)
            try peer.channel.abort()
        }
    }

    @Test func allCallsAreTakenBackAtOnce() throws {
        try inVirtualTime { harness, test in
            let peer = try await RawPeer.greeted(harness)
            for id in Int64(1)...192 {
                try peer.send([
                    1, .integer(id), .text(id <= 128 ? "test.Slow" : "test.Wait"), [:],
                    ["text": "x", "number": 1_000],
                ])
            }
            try await test.scheduler.sleep(ms: 1)
            for id in Int64(1)...192 { try peer.send([3, .integer(id)]) }
            for _ in 1...192 { #expect(try await peer.next()?.reason == "CANCELLED") }
            try peer.request(200, "test.Echo")
            #expect(try await peer.next()?.reason == nil)
            try peer.channel.abort()
        }
    }

    @Test func oneWaitTooManyIsToldTheLimit() throws {
        try inVirtualTime { harness, _ in
            let peer = try await RawPeer.greeted(harness)
            #expect(peer.welcome?.body["maxWaits"] == 1_024)
            for id in Int64(1)...1_025 {
                try peer.send([
                    1, .integer(id), "test.Wait", [:], ["text": "x", "number": 1_000],
                ])
            }
            guard case .array(let items)? = try await peer.next() else { return }
            #expect(items[1] == 1_025 && items[2]["reason"] == "OVERLOADED")
            #expect(items[2]["message"] == "a connection has at most 1024 waiting calls at once")
            try peer.channel.abort()
        }
    }

    @Test func whoDrainsSaysThatItWasNotTheCaller() throws {
        try inVirtualTime { harness, test in
            let peer = try await RawPeer.greeted(harness)
            for id in Int64(1)...2 {
                try peer.send([
                    1, .integer(id), "test.Wait", [:], ["text": "x", "number": 1_000],
                ])
            }
            try await test.scheduler.sleep(ms: 1)
            try peer.send([3, 1])
            #expect(try await peer.next()?.reason == "CANCELLED")
            let stop = test.scheduler.spawn { await harness.server.stop() }
            #expect(try await peer.next() == [4, "DRAINING"])
            guard case .array(let items)? = try await peer.next() else { return }
            #expect(items[1] == 2 && items[2]["reason"] == "DRAINING")
            #expect(items[2]["executed"] == false)
            try peer.channel.abort()
            try await stop.value
        }
    }

    /// One that ignores the goaway and has nothing under way.
    @Test func anIdleCallerDoesNotHoldAServerThatStops() throws {
        try inVirtualTime { harness, test in
            let peer = try await RawPeer.greeted(harness)
            try peer.request(1, "test.Echo")
            _ = try await peer.next()
            let began = test.scheduler.uptimeNanoseconds
            await harness.server.stop()
            #expect((test.scheduler.uptimeNanoseconds - began) / 1_000_000 <= 110)
        }
    }

    @Test func placesFitTheOpenFiles() {
        let few = RPCLimits().fitting(openFiles: 64)
        #expect(few.connections == 20 && few.strangers == 10)
        let many = RPCLimits().fitting(openFiles: 1 << 20)
        #expect(many.connections == 4_096 && many.strangers == 512)
        #expect(RPCLimits().fitting(openFiles: 0).strangers == 1)
    }
}
