import Lifecycle
import Net
import RPC
import Support
import Testing
import Wire

/// One beyond each limit. Virtual time, so that ten seconds take none.
@Suite struct LimitTests {
    @Test func aHelloMayHaveFourKiBAndAFrameOneMiB() throws {
        try inVirtualTime { harness, _ in
            let stranger = try await RawPeer.connect(to: harness)
            try stranger.send(bytes: [0, 0, 0x10, 0x01])
            #expect(try await stranger.ending()?.hasPrefix("FRAME_TOO_LARGE") == true)
            let peer = try await RawPeer.greeted(harness)
            try peer.send(bytes: [0, 0x10, 0, 0x01])
            #expect(try await peer.ending()?.hasPrefix("FRAME_TOO_LARGE") == true)
            // The header alone decides: four gigabytes are never waited for.
            let giant = try await RawPeer.greeted(harness)
            try giant.send(bytes: [0xff, 0xff, 0xff, 0xff])
            #expect(try await giant.ending()?.hasPrefix("FRAME_TOO_LARGE") == true)
        }
    }

    @Test func framesThatAreNotWholeAreBoundedInAll() throws {
        var limits = RPCLimits()
        (limits.partialBytes, limits.smallFrameBytes) = (100_000, 20_000)
        try inVirtualTime(limits) { harness, test in
            let header: [UInt8] = [0, 1, 0, 0]
            var peers: [RawPeer] = []
            for _ in 0..<3 {
                peers.append(try await RawPeer.greeted(harness))
                try peers.last?.send(bytes: header + [UInt8](repeating: 0, count: 45_000))
            }
            #expect(try await peers[2].ending()?.hasPrefix("OVERLOADED") == true)
            // A frame of ordinary size is not sent away for what others do.
            let small = try await RawPeer.greeted(harness)
            try small.send(bytes: header + [UInt8](repeating: 0, count: 15_000))
            try await test.scheduler.sleep(ms: 1)
            #expect(!small.isClosed && !peers[0].isClosed && !peers[1].isClosed)
            // What is closed is given back.
            for peer in [small, peers[0]] { try peer.channel.abort() }
            try await test.scheduler.sleep(ms: 1)
            let late = try await RawPeer.greeted(harness)
            try late.send(bytes: header + [UInt8](repeating: 0, count: 45_000))
            try await test.scheduler.sleep(ms: 1)
            #expect(!late.isClosed)
            for peer in [late, peers[1]] { try peer.channel.abort() }
        }
    }

    @Test func whatIsCancelledBeforeItBeganIsNotDone() throws {
        try inVirtualTime { harness, test in
            let peer = try await RawPeer.greeted(harness)
            try peer.send([1, 1, "test.Slow", [:], ["text": "x", "number": 0]])
            try peer.send([3, 1])
            let answer = try await peer.next()
            guard case .array(let items) = answer else { throw RawPeer.Unexpected(answer) }
            #expect(items[2]["reason"] == "CANCELLED")
            #expect(items[2]["executed"] == false)
            try await test.scheduler.sleep(ms: 10)
            #expect(harness.finished.count == 0)
            try peer.channel.abort()
        }
    }

    @Test func silenceBeforeTheHelloEndsAfterFiveSeconds() throws {
        try inVirtualTime { harness, test in
            let peer = try await RawPeer.connect(to: harness)
            try await test.scheduler.sleep(ms: 3_900)
            #expect(!peer.isClosed)
            try await test.scheduler.sleep(ms: 2_200)
            #expect(try await peer.ending()?.contains("no hello") == true)
        }
    }

    @Test func aFrameThatTricklesEndsAfterTenSeconds() throws {
        try inVirtualTime { harness, test in
            let peer = try await RawPeer.greeted(harness)
            try peer.send(bytes: [0, 0, 0])
            for _ in 0..<12 where !peer.isClosed {
                try await test.scheduler.sleep(ms: 1_000)
                try peer.send(bytes: [100])
            }
            #expect(try await peer.ending()?.contains("not completed") == true)
        }
    }

    @Test func aPeerThatIsGoneIsFoundByPing() throws {
        try inVirtualTime { harness, test in
            let peer = try await RawPeer.greeted(harness)
            try await test.scheduler.sleep(ms: 43_000)
            var pings = 0
            var ending: String?
            while let frame = try await peer.next() {
                guard case .array(let items) = frame else { continue }
                if items.first == 5 { pings += 1 }
                if items.first == 4, case .text(let text) = items[1] { ending = text }
            }
            #expect(pings == 1)
            #expect(ending?.contains("no pong") == true)
        }
    }

    @Test func tooManyPingsAndCancelsEndAConnection() throws {
        try inVirtualTime { harness, test in
            let pinger = try await RawPeer.greeted(harness)
            for number in 0..<3 { try pinger.send([5, .integer(Int64(number))]) }
            try await test.scheduler.sleep(ms: 1)
            #expect(!pinger.isClosed)
            try pinger.send([5, 9])
            #expect(try await pinger.ending()?.contains("too many pings") == true)

            let canceller = try await RawPeer.greeted(harness)
            for number in 0..<2_000 { try canceller.send([3, .integer(Int64(number))]) }
            try await test.scheduler.sleep(ms: 1)
            #expect(!canceller.isClosed)
            try canceller.send([3, 2_000])
            #expect(try await canceller.ending()?.contains("too many cancels") == true)
        }
    }

    @Test func callsBeyondTheConnectionsShareAreOverload() throws {
        var limits = RPCLimits()
        limits.callsPerConnection = 3
        limits.waitsPerConnection = 2
        try inVirtualTime(limits) { harness, _ in
            let peer = try await RawPeer.greeted(harness)
            for id in Int64(1)...3 {
                try peer.send([1, .integer(id), "test.Slow", [:], ["text": "x", "number": 500]])
            }
            for id in Int64(11)...12 {
                try peer.send([1, .integer(id), "test.Wait", [:], ["text": "x", "number": 500]])
            }
            for method in ["test.Slow", "test.Wait"] {
                try peer.send([1, 99, .text(method), [:], ["text": "x", "number": 500]])
                let answer = try await peer.next()
                #expect(answer?.reason == "OVERLOADED")
                guard case .array(let items) = answer else { throw RawPeer.Unexpected(answer) }
                #expect(items[2]["executed"] == false)
                #expect(items[2]["outcome"] == "unknown")
            }
            // The places come back.
            for _ in 0..<5 { #expect(try await peer.next()?.reason == nil) }
            try peer.request(100, "test.Echo")
            #expect(try await peer.next()?.reason == nil)
            try peer.channel.abort()
        }
    }

    /// Calls and waits have places of their own: where all of the one are taken, the other are
    /// taken in.
    @Test(arguments: [("test.Slow", "test.Wait"), ("test.Wait", "test.Slow")])
    func whatIsBeyondTheIdentitysAndTheServersShareIsOverload(
        method: String, other: String
    ) throws {
        for (perIdentity, all) in [(4, 4_096), (512, 4)] {
            var limits = RPCLimits()
            if method == "test.Slow" {
                (limits.callsPerIdentity, limits.calls) = (perIdentity, all)
            } else {
                // Whoever calls here is no service, and leaves two places to those.
                (limits.waitsPerIdentity, limits.waits) = (perIdentity, all + 2)
                limits.waitsOfServices = 2
            }
            try inVirtualTime(limits) { harness, _ in
                let peers = [
                    try await RawPeer.greeted(harness), try await RawPeer.greeted(harness),
                ]
                for id in Int64(1)...2 {
                    for peer in peers {
                        try peer.send(
                            [1, .integer(id), .text(method), [:], ["text": "x", "number": 500]])
                    }
                }
                try await harness.world.scheduler.sleep(ms: 1)
                for (id, method, reason) in [(Int64(9), method, "OVERLOADED"), (10, other, nil)] {
                    try peers[0].send(
                        [1, .integer(id), .text(method), [:], ["text": "x", "number": 1]])
                    #expect(try await peers[0].next()?.reason == reason)
                }
                // The places come back.
                try await harness.world.scheduler.sleep(ms: 1_000)
                for _ in 1...2 { #expect(try await peers[0].next()?.reason == nil) }
                try peers[0].send([1, 11, .text(method), [:], ["text": "x", "number": 1]])
                #expect(try await peers[0].next()?.reason == nil)
                for peer in peers { try peer.channel.abort() }
            }
        }
    }

    @Test func whatIsTurnedAwayIsNotLookedAt() throws {
        var limits = RPCLimits()
        limits.callsPerIdentity = 1
        try inVirtualTime(limits) { harness, _ in
            let peer = try await RawPeer.greeted(harness)
            // A body that cannot be read gives its call's place back.
            for id in Int64(1)...3 {
                try peer.send([1, .integer(id), "test.Echo", [:], ["nonsense": 1]])
                #expect(try await peer.next()?.reason == "INVALID_ARGUMENT")
            }
            try peer.send([1, 4, "test.Slow", [:], ["text": "x", "number": 500]])
            try peer.send([1, 5, "test.Echo", [:], ["nonsense": 1]])
            #expect(try await peer.next()?.reason == "OVERLOADED")
            #expect(try await peer.next()?.reason == nil)
            try peer.channel.abort()
        }
    }

    @Test func whoIsSentAwayAgainAndAgainDoesNotFillTheLog() throws {
        var limits = RPCLimits()
        limits.endingsLoggedPerSecond = 3
        try inVirtualTime(limits) { harness, test in
            for lines in [3, 6] {
                for _ in 0..<10 {
                    let peer = try await RawPeer.connect(to: harness)
                    try peer.send(bytes: [0xff, 0xff, 0xff, 0xff])
                    #expect(try await peer.ending() != nil)
                }
                #expect(test.logLines.all.count { $0.contains("connection.ended") } == lines)
                try await test.scheduler.sleep(ms: 1_000)
            }
        }
    }

    @Test func aPeerThatReadsNothingIsNotReadEither() throws {
        var limits = RPCLimits()
        limits.unsentBytes = 100_000
        try inVirtualTime(limits) { harness, test in
            let peer = try await RawPeer.greeted(harness)
            try peer.channel.setReading(false)
            let text = String(repeating: "x", count: 50_000)
            for id in Int64(1)...10 { try peer.request(id, "test.Echo", text: text) }
            try await test.scheduler.sleep(ms: 19_000)
            // It was closed, but still has the time to take what waits.
            #expect(harness.server.connectionCount == 1)
            try await test.scheduler.sleep(ms: 4_000)
            #expect(harness.server.connectionCount == 0)
        }
    }

    @Test func repliesThatNobodyReadsAreBounded() throws {
        var limits = RPCLimits()
        (limits.unsentBytes, limits.unreadBytes) = (100_000, 200_000)
        try inVirtualTime(limits) { harness, test in
            let peer = try await RawPeer.greeted(harness)
            let text: Value = .text(String(repeating: "x", count: 60_000))
            for id in Int64(1)...10 {
                try peer.send([1, .integer(id), "test.Slow", [:], ["text": text, "number": 500]])
            }
            try await test.scheduler.sleep(ms: 100)
            try peer.channel.setReading(false)
            try await test.scheduler.sleep(ms: 1_000)
            try peer.channel.setReading(true)
            var reasons: [String?] = []
            for _ in 0..<10 { reasons.append(try await peer.next()?.reason) }
            #expect(reasons.count { $0 == nil } == 4)
            #expect(reasons.count { $0 == "UNAVAILABLE" } == 6)
            // It reads again, and is served again.
            try peer.request(11, "test.Echo")
            #expect(try await peer.next()?.reason == nil)
            try peer.channel.abort()
        }
    }

    @Test func repliesThatNobodyReadsAreBoundedInAll() throws {
        var limits = RPCLimits()
        (limits.unreadBytesInAll, limits.smallUnreadBytes) = (150_000, 50_000)
        try inVirtualTime(limits) { harness, test in
            let text: Value = .text(String(repeating: "x", count: 55_000))
            var peers: [RawPeer] = []
            for _ in 0..<4 {
                let peer = try await RawPeer.greeted(harness)
                try peer.channel.setReading(false)
                for id in Int64(1)...2 {
                    try peer.send([1, .integer(id), "test.Slow", [:], ["text": text, "number": 9]])
                }
                peers.append(peer)
            }
            try await test.scheduler.sleep(ms: 100)
            var refused = 0
            for peer in peers {
                try peer.channel.setReading(true)
                for _ in 0..<2 where try await peer.next()?.reason == "UNAVAILABLE" { refused += 1 }
            }
            // Each had its first answer; of the second ones, those that were too many did not go.
            #expect((1...3).contains(refused))
            // All is read, and everybody is served again.
            for peer in peers {
                try peer.send([1, 9, "test.Slow", [:], ["text": text, "number": 9]])
                #expect(try await peer.next()?.reason == nil)
                try peer.channel.abort()
            }
        }
    }

    @Test func deadlinesAndActorsAreBounded() throws {
        try inVirtualTime { harness, _ in
            let peer = try await RawPeer.greeted(harness)
            try peer.request(1, "test.Echo", ["deadlineMs": 0])
            #expect(try await peer.next()?.reason == "DEADLINE_EXCEEDED")
            try peer.request(2, "test.Echo", ["deadlineMs": .integer(.max)])
            #expect(try await peer.next()?.reason == nil)
            // No store keeps these.
            let texts: [Value] = [
                .map([("id", "a\u{0}n"), ("kind", "user")]),
                .map([("id", "ann"), ("kind", "user"), ("entitlements", .array(["\u{0}"]))]),
            ]
            for (index, actor) in texts.enumerated() {
                try peer.request(Int64(3 + index), "test.Echo", ["actor": actor])
            }
            for _ in texts { #expect(try await peer.next()?.reason == "INVALID_ARGUMENT") }
            try peer.channel.abort()
        }
    }

    /// The id in the request is the key: who sends another one trusts what nobody does.
    @Test func aCallWithAKeyOfItsOwnIsRefused() throws {
        try inVirtualTime { harness, _ in
            let peer = try await RawPeer.greeted(harness)
            let keys: [Value] = ["k1", 7, .array([]), .text(String(repeating: "k", count: 900))]
            for (index, key) in keys.enumerated() {
                try peer.request(Int64(index), "test.Echo", ["key": key])
                let answer = try await peer.next()
                #expect(answer?.reason == "INVALID_ARGUMENT")
                guard case .array(let items)? = answer, case .text(let text)? = items[2]["message"]
                else { throw RawPeer.Unexpected(answer) }
                #expect(text.hasPrefix("context.key ") && text.contains("send the same id"))
            }
            try peer.request(9, "test.Echo", ["key": .null])
            #expect(try await peer.next()?.reason == nil)
            try peer.channel.abort()
        }
    }

    @Test func anIdleConnectionIsRetiredAndAnOldOneToo() throws {
        var limits = RPCLimits()
        limits.ageMs = 60_000
        try inVirtualTime(limits) { harness, test in
            let client = harness.client()
            for _ in 0..<50 {
                _ = try await client.call(TestAPI.echo, Note(text: "x"))
                try await test.scheduler.sleep(ms: 1_000)
            }
            #expect(harness.server.connectionCount == 1)
            for _ in 0..<20 {
                _ = try await client.call(TestAPI.echo, Note(text: "x"))
                try await test.scheduler.sleep(ms: 1_000)
            }
            // Retired between two calls, and none of them failed.
            #expect(
                test.world.metrics.counters().contains {
                    $0.name == "rpc.connections" && $0.value >= 2
                })
            client.close()
        }
    }
}
