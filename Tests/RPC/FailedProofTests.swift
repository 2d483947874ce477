import Lifecycle
import Net
import Support
import Testing
import Wire

@testable import RPC

/// Guessing secrets is stopped, and shuts nobody out who knows them.
@Suite struct FailedProofTests {
    private static let limits = RPCLimits()

    @Test func anAddressHasTwentyTriesAndOneMoreEveryThreeSeconds() {
        var failures = FailedProofs(limits: Self.limits)
        for _ in 0..<20 {
            #expect(failures.mayConnect(from: "a", nowMs: 5))
            failures.failed("orders", from: "a", nowMs: 5)
        }
        #expect(!failures.mayConnect(from: "a", nowMs: 3_004))
        #expect(failures.mayConnect(from: "b", nowMs: 5))
        #expect(failures.mayConnect(from: "a", nowMs: 3_005))
        failures.failed("orders", from: "a", nowMs: 3_005)
        #expect(!failures.mayConnect(from: "a", nowMs: 3_005))
        #expect(failures.mayConnect(from: "a", nowMs: .max))
    }

    @Test func aNameHasAHundredTriesFromAllAddressesButThoseThatProvedIt() {
        var failures = FailedProofs(limits: Self.limits)
        failures.proved("orders", from: "home")
        for number in 0..<100 {
            #expect(failures.mayProve("orders", from: "x\(number)", nowMs: 0))
            failures.failed("orders", from: "x\(number)", nowMs: 0)
        }
        #expect(!failures.mayProve("orders", from: "y", nowMs: 0))
        #expect(failures.mayProve("orders", from: "home", nowMs: 0))
        #expect(failures.mayProve("payments", from: "y", nowMs: 0))
        #expect(failures.mayProve("orders", from: "y", nowMs: 3_000))
    }

    @Test func memoryIsBounded() {
        var failures = FailedProofs(limits: Self.limits)
        for number in 0..<10_000 {
            failures.failed(number % 2 == 0 ? nil : "orders", from: "\(number)", nowMs: 0)
            failures.proved("orders", from: "\(number)")
        }
        #expect(failures.size <= FailedProofs.mostAddresses + 1)
    }

    /// Tries wrong proofs, one connection each, and gives how the server ended them.
    private static func guess(_ name: String, _ count: Int, _ harness: Harness) async throws
        -> [String: Int]
    {
        var endings: [String: Int] = [:]
        for number in 0..<count {
            let peer = try await RawPeer.connect(to: harness)
            if !peer.isClosed {
                try peer.send([
                    0,
                    .map([
                        ("version", 1), ("identity", .text(name)),
                        ("nonce", .bytes([UInt8](repeating: 1, count: 32))),
                        ("proof", .bytes([UInt8](repeating: UInt8(number % 256), count: 32))),
                    ]),
                ])
            }
            endings[try await peer.ending() ?? "", default: 0] += 1
        }
        return endings
    }

    @Test func tenThousandGuessesAreHeardTwentyTimes() throws {
        let test = TestWorld(seed: 4)
        try test.run {
            let harness = try await Harness(
                world: test.world, network: MemoryNetwork(scheduler: test.scheduler))
            let client = harness.client()
            _ = try await client.call(TestAPI.echo, Note(text: "x"))
            let known = try await Self.guess("gateway", 10, harness)
            let unknown = try await Self.guess("nobody", 9_990, harness)
            // A wrong proof and an unknown name are told the same.
            let told = "UNAUTHENTICATED: the identity is unknown or its proof is wrong"
            #expect(known == [told: 10])
            let heard = try #require(unknown[told])
            // Virtual time passes a little meanwhile, which allows a few more.
            #expect((10...20).contains(heard))
            #expect(unknown["RATE_LIMITED"] == 9_990 - heard)
            // Who was connected stays so, and the address is heard again when it has been quiet.
            _ = try await client.call(TestAPI.echo, Note(text: "x"))
            try await test.scheduler.sleep(ms: 3_001)
            let late = harness.client()
            _ = try await late.call(TestAPI.echo, Note(text: "x"))
            late.close()
            client.close()
            await harness.server.stop()
        }
    }

    @Test func aRightProofOfAGuessedNameIsToldNothingElse() throws {
        var limits = RPCLimits()
        limits.failuresPerIdentity = 5
        let (set, test) = (limits, TestWorld(seed: 4))
        try test.run {
            let harness = try await Harness(
                world: test.world, network: MemoryNetwork(scheduler: test.scheduler), limits: set)
            _ = try await Self.guess("gateway", 5, harness)
            let client = harness.client()
            let error = await #expect(throws: RPCError.self) {
                try await client.call(TestAPI.echo, Note(text: "x"), CallOptions(attempts: 1))
            }
            #expect(error?.reason == .unauthenticated)
            try await test.scheduler.sleep(ms: 3_001)
            _ = try await client.call(TestAPI.echo, Note(text: "x"))
            // From here the name has been proven: guesses no longer shut it out.
            _ = try await Self.guess("gateway", 8, harness)
            let second = harness.client()
            _ = try await second.call(TestAPI.echo, Note(text: "x"))
            for client in [client, second] { client.close() }
            await harness.server.stop()
        }
    }
}
