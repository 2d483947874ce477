import FoundationEssentials
import Lifecycle
import Net
import RPC
import Support
import Testing
import Wire

@Suite struct ConnectionTests {
    @Test func aWrongSecretIsSentAway() async throws {
        var limits = RPCLimits()
        limits.wrongProofMs = 1
        try await inBothWorlds(limits: limits) { harness in
            for (identity, secret) in [
                ("gateway", [UInt8](repeating: 8, count: 32)), ("nobody", Harness.secret),
            ] {
                let client = harness.client(as: identity, secret: secret)
                let error = try await #require(throws: RPCError.self) {
                    try await client.call(TestAPI.echo, Note(text: "x"), CallOptions(attempts: 1))
                }
                #expect(error.reason == .unauthenticated)
                #expect(error.executed == false)
                client.close()
            }
        }
    }

    @Test func aRoleThatIsNotNamedIsRefused() async throws {
        try await inBothWorlds { harness in
            let stranger = harness.client(
                as: "stranger", secret: Array(Harness.secret.reversed()))
            for method in [TestAPI.echo, TestAPI.fail, TestAPI.slow, TestAPI.wait, TestAPI.staff] {
                let error = try await #require(throws: RPCError.self) {
                    try await stranger.call(method, Note(text: "x"))
                }
                #expect(error.reason == .permissionDenied)
            }
            stranger.close()
        }
    }

    @Test func anActorMayClaimWhatItsCredentialAllows() async throws {
        try await inBothWorlds { harness in
            let client = harness.client()
            func call(_ actor: Actor?) async throws -> Note {
                try await client.call(
                    TestAPI.staff, Note(text: "x"), CallOptions(actor: actor))
            }
            let manager = Actor(id: "ann", kind: "staff", roles: [.eventManager])
            #expect(try await call(manager).text == "ann")
            for actor in [
                nil, Actor(id: "a", kind: "staff"),
                Actor(id: "a", kind: "staff", roles: [.operator]),
                Actor(id: "a", kind: "guest", roles: [.eventManager]),
            ] {
                let error = try await #require(throws: RPCError.self) { try await call(actor) }
                #expect(error.reason == .permissionDenied)
            }
            // Of a kind that nobody is, it would be bound to nothing.
            let robot = Actor(id: "a", kind: "robot", roles: [.eventManager])
            let error = try await #require(throws: RPCError.self) { try await call(robot) }
            #expect(error.reason == .invalidArgument && error.message.contains("actor.kind"))
            client.close()
        }
    }

    @Test func aDrainEndsNoCallAndCausesNoUnknown() async throws {
        try await inBothWorlds { harness in
            let client = harness.client()
            _ = try await client.call(TestAPI.echo, Note(text: "x"))
            let slow = harness.world.scheduler.spawn {
                try await client.call(TestAPI.slow, Note(text: "late", number: 50))
            }
            let parked = harness.world.scheduler.spawn {
                try await client.call(
                    TestAPI.wait, Note(text: "w", number: 1_000), CallOptions(attempts: 1))
            }
            _ = try await client.call(TestAPI.slow, Note(text: "x", number: 5))
            await harness.server.stop()
            #expect(try await slow.value.text == "late")
            let error = await #expect(throws: RPCError.self) { try await parked.value }
            // Not the caller has cancelled it.
            #expect(error?.reason == .draining && error?.executed == false)
            let after = try await #require(throws: RPCError.self) {
                try await client.call(
                    TestAPI.echo, Note(text: "x"), CallOptions(timeoutMs: 2_000, attempts: 1))
            }
            #expect(after.executed == false)
            client.close()
        }
    }

    /// What left the client before it heard that the server stops is answered: it can be asked
    /// again at once, because nothing was done. Who stays all the same is closed a moment later.
    @Test func aRequestThatMeetsAGoawayIsAnswered() async throws {
        try await inBothWorlds { harness in
            let peer = try await RawPeer.greeted(harness)
            let stop = harness.world.scheduler.spawn { await harness.server.stop() }
            #expect(try await peer.next() == [4, "DRAINING"])
            try await harness.world.scheduler.sleep(ms: 20)
            try peer.request(1, "test.Slow")
            guard case .array(let answer) = try await peer.next(), answer.count == 4 else {
                Issue.record("no answer")
                return
            }
            #expect(answer[1] == 1)
            #expect(answer[2]["reason"] == "DRAINING" && answer[2]["executed"] == false)
            #expect(harness.finished.count == 0)
            #expect(try await peer.next() == nil)
            try await stop.value
        }
    }

    @Test func aClientComesBackAfterALoss() async throws {
        let test = TestWorld(seed: 5)
        try test.run {
            let network = MemoryNetwork(scheduler: test.scheduler)
            let first = try await Harness(world: test.world, network: network, port: 700)
            let client = first.client()
            _ = try await client.call(TestAPI.echo, Note(text: "x"))
            await first.server.stop()
            let waiting = test.scheduler.spawn {
                try await client.call(TestAPI.echo, Note(text: "again"), CallOptions(attempts: 8))
            }
            try await test.scheduler.sleep(ms: 150)
            let second = try await Harness(world: test.world, network: network, port: 700)
            #expect(try await waiting.value.text == "again")
            client.close()
            await second.server.stop()
        }
    }

    @Test func aClientThatSomebodyListensToComesBackByItself() async throws {
        let test = TestWorld(seed: 7)
        try test.run {
            let network = MemoryNetwork(scheduler: test.scheduler)
            let first = try await Harness(world: test.world, network: network, port: 700)
            let (client, other) = (first.client(), first.client())
            let told = Counter()
            client.whenConnected { told.add() }
            #expect(told.count == 0)
            for client in [client, other] {
                _ = try await client.call(TestAPI.echo, Note(text: "x"))
            }
            #expect(told.count == 1)
            await first.server.stop()
            try await test.scheduler.sleep(ms: 600_000)
            let second = try await Harness(world: test.world, network: network, port: 700)
            #expect(told.count == 1)
            // The longest pause between two attempts, and a fifth.
            try await test.scheduler.sleep(ms: 12_000)
            #expect(told.count == 2)
            #expect(second.server.connectionCount == 1)
            client.close()
            await second.server.stop()
            try await test.scheduler.sleep(ms: 60_000)
            #expect(told.count == 2)
        }
    }

    @Test func aQuietConnectionIsKeptAliveAndAnOldOneIsRetired() async throws {
        try inVirtualTime { harness, test in
            let client = harness.client()
            _ = try await client.call(TestAPI.echo, Note(text: "x"))
            try await test.scheduler.sleep(ms: 120_000)
            #expect(harness.server.connectionCount == 1)
            try await test.scheduler.sleep(ms: 300_000)
            #expect(harness.server.connectionCount == 0)
            _ = try await client.call(TestAPI.echo, Note(text: "x"))
            #expect(harness.server.connectionCount == 1)
            client.close()
        }
    }
}
