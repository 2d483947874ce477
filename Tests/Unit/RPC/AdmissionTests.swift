import Lifecycle
import Net
import Support
import Testing
import Wire

@testable import RPC

/// Strangers, however many, keep nobody out who can prove a name; and they stay few.
@Suite struct AdmissionTests {
    /// Connects and gives a wrong proof.
    private static func guess(_ name: String, _ harness: Harness) async throws -> RawPeer {
        let peer = try await RawPeer.connect(to: harness)
        let bytes = [UInt8](repeating: 1, count: 32)
        if !peer.isClosed { try peer.sayHello(bytes, bytes, as: name) }
        return peer
    }

    @Test func aRightProofIsHeardAmongTenThousandWrongOnes() throws {
        try inVirtualTime { harness, test in
            for number in 1...10_000 {
                _ = try await Self.guess(number % 2 == 0 ? "gateway" : "nobody", harness)
                guard number.isMultiple(of: 1_000) else { continue }
                let began = test.scheduler.uptimeNanoseconds
                let client = harness.client()
                _ = try await client.call(
                    TestAPI.echo, Note(text: "x"), CallOptions(attempts: 1))
                #expect(test.scheduler.uptimeNanoseconds - began < 10_000_000)
                client.close()
            }
            #expect(harness.server.connectionCount <= RPCLimits().strangers)
            try await test.scheduler.sleep(ms: 1_001)
            #expect(harness.server.connectionCount == 0)
        }
    }

    @Test func aWrongProofIsToldAfterASecondAndWhyIsTheSame() throws {
        try inVirtualTime { harness, test in
            for name in ["gateway", "nobody"] {
                let began = test.scheduler.uptimeNanoseconds
                let reason = try await Self.guess(name, harness).ending()
                #expect(
                    reason == "UNAUTHENTICATED: the identity is unknown or its proof is wrong")
                let took = (test.scheduler.uptimeNanoseconds - began) / 1_000_000
                #expect((1_000...1_100).contains(took))
            }
        }
    }

    @Test func silenceKeepsNoPlace() throws {
        var limits = RPCLimits()
        limits.strangers = 4
        try inVirtualTime(limits) { harness, _ in
            var silent: [RawPeer] = []
            for _ in 0..<50 { silent.append(try await RawPeer.connect(to: harness)) }
            let friend = try await RawPeer.greeted(harness)
            #expect(harness.server.connectionCount == 4)
            #expect(try await silent[0].ending() == "OVERLOADED: others wait to say hello")
            // One who has proven a name loses nothing to those who come after.
            for _ in 0..<50 { silent.append(try await RawPeer.connect(to: harness)) }
            try friend.request(1, "test.Echo")
            #expect(try await friend.next()?.reason == nil)
            #expect(harness.server.connectionCount == 5)
            for peer in silent + [friend] { try peer.channel.abort() }
        }
    }

    @Test func theAddressWithMostStrangersLosesItsOldest() {
        var limits = RPCLimits()
        limits.strangers = 4
        var admission = Admission(limits: limits)
        for (number, host) in [(1, "b"), (2, "a"), (3, "a"), (4, "a")] as [(UInt64, String)] {
            let leaving = admission.connect(number, from: host)
            #expect(leaving == nil)
        }
        // The crowd of "a" shrinks first; among as many from each, the oldest of all leaves.
        let later: [(UInt64, String)] = [(5, "c"), (6, "c"), (7, "d"), (8, "e")]
        let leaving = later.map { admission.connect($0.0, from: $0.1) }
        #expect(leaving == [2, 3, 5, 1])
        #expect(admission.strangerCount == 4)
        for number in UInt64(1)...8 {
            for host in ["a", "b", "c", "d", "e"] {
                admission.disconnect(number, from: host, identity: nil)
            }
        }
        #expect(admission.strangerCount == 0)
    }

    @Test func provenConnectionsAreCountedByIdentityAndInAll() throws {
        var limits = RPCLimits()
        limits.connectionsPerIdentity = 3
        try inVirtualTime(limits) { harness, _ in
            var friends: [RawPeer] = []
            for _ in 0..<3 { friends.append(try await RawPeer.greeted(harness)) }
            await #expect(throws: RawPeer.Unexpected.self) { try await RawPeer.greeted(harness) }
            for friend in friends { try friend.channel.abort() }
            try await harness.world.scheduler.sleep(ms: 1)
            #expect(harness.server.connectionCount == 0)
            try await RawPeer.greeted(harness).channel.abort()
        }
        limits.connections = 1
        var admission = Admission(limits: limits)
        let first = admission.greet(1, from: "a", as: "x")
        let second = admission.greet(2, from: "a", as: "y")
        admission.disconnect(1, from: "a", identity: "x")
        let third = admission.greet(2, from: "a", as: "y")
        #expect([first, second, third] == [true, false, true])
    }
}
