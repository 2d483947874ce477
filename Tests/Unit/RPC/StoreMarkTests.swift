import Lifecycle
import Net
import Support
import Testing
import Wire

@testable import RPC

/// What a hello says of the store behind a server, and what a client makes of it.
@Suite struct StoreMarkTests {
    private static func mark(_ epoch: Int64, _ head: Int64, _ feed: String = "f") -> StoreMark {
        StoreMark(feedID: feed, epoch: epoch, head: head)
    }

    /// Servers that follow each other at one address, and how the client's calls to them end.
    private func meet(
        _ marks: [StoreMark?], expecting known: StoreMark? = nil
    ) throws -> (ends: [String], world: TestWorld) {
        let test = TestWorld(seed: 9)
        let ends = try test.run {
            let network = MemoryNetwork(scheduler: test.scheduler)
            var client: Client?
            var ends: [String] = []
            for mark in marks {
                let harness = try await Harness(
                    world: test.world, network: network, port: 700, store: mark)
                let caller = client ?? harness.client()
                if client == nil, let known { caller.expect(known) }
                client = caller
                do {
                    _ = try await caller.call(
                        TestAPI.echo, Note(text: "x"), CallOptions(attempts: 1))
                    ends.append("ok")
                } catch let error as RPCError {
                    #expect(error.executed == false)
                    ends.append(error.message.contains("was seen before") ? "stale" : "\(error)")
                }
                await harness.server.stop()
                // Past every backoff.
                try await test.scheduler.sleep(ms: 20_000)
            }
            client?.close()
            return ends
        }
        return (ends, test)
    }

    @Test func aStoreEpochBelowTheHighestSeenIsRefused() throws {
        let (ends, test) = try meet([
            Self.mark(5, 10), Self.mark(4, 10), Self.mark(5, 10), Self.mark(6, 11),
        ])
        #expect(ends == ["ok", "stale", "ok", "ok"])
        #expect(test.world.metrics.counters().contains { $0.name == "peer.stale" && $0.value == 1 })
    }

    @Test func whatWasSeenBeforeAStartCountsToo() throws {
        let (ends, _) = try meet([Self.mark(4, 10)], expecting: Self.mark(5, 0))
        #expect(ends == ["stale"])
    }

    @Test func aHeadThatFellAndAnotherFeedRaiseAnAlarmEach() throws {
        let (ends, test) = try meet([
            Self.mark(5, 10), Self.mark(6, 9), Self.mark(7, 9), Self.mark(1, 0, "g"), nil,
        ])
        #expect(ends == ["ok", "ok", "ok", "ok", "ok"])
        let alarms = test.logLines.all.filter { $0.contains("peer.restored") }
        #expect(alarms.count == 2)
    }

    @Test func theLastHelloSaysWhatTheStoreIs() throws {
        let test = TestWorld(seed: 2)
        try test.run {
            let harness = try await Harness(
                world: test.world, network: MemoryNetwork(scheduler: test.scheduler),
                store: Self.mark(3, 7))
            let peer = try await RawPeer.greeted(harness)
            #expect(peer.welcome?.body["feedIds"] == ["f"])
            #expect(peer.welcome?.body["heads"] == [7])
            #expect(peer.welcome?.body["storeEpoch"] == 3)
            try peer.channel.abort()
            await harness.server.stop()
        }
    }
}
