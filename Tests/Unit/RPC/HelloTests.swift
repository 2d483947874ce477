import Lifecycle
import Net
import Support
import Testing
import Wire

@testable import RPC

/// Who proves what to whom, and what is said before.
@Suite struct HelloTests {
    private static let own = [UInt8](repeating: 9, count: 32)

    private func run(
        store: StoreMark? = nil, _ body: @escaping @Sendable (Harness) async throws -> Void
    ) throws {
        let test = TestWorld(seed: 4)
        try test.run {
            let harness = try await Harness(
                world: test.world, network: MemoryNetwork(scheduler: test.scheduler), store: store)
            try await body(harness)
            await harness.server.stop()
        }
    }

    private static func given(_ peer: RawPeer) async throws -> (nonce: [UInt8], hello: Value) {
        let hello = try await peer.next()
        guard let hello, case .bytes(let nonce) = hello.body["nonce"] else {
            throw RawPeer.Unexpected(hello)
        }
        return (nonce, hello)
    }

    /// A rogue who passes the server's nonce on gets a proof for the service that the client wants.
    @Test func aProofForOneServiceIsNoneForAnother() throws {
        try run { harness in
            for service in ["payments", "", "tes", "test\u{7}"] {
                let peer = try await RawPeer.connect(to: harness)
                let (nonce, _) = try await Self.given(peer)
                try peer.sayHello(
                    Self.own, RawPeer.proof(by: "client", nonce, Self.own, to: service))
                #expect(try await peer.ending()?.hasPrefix("UNAUTHENTICATED") == true, "\(service)")
            }
        }
    }

    @Test func aClientProvesItselfToTheServiceThatItWants() throws {
        let credential = Credential(identity: "gateway", secret: Harness.secret)
        var wanting = ClientHandshake(service: "payments", credential: credential, nonce: Self.own)
        let orders = ServerHandshake(
            service: "orders", nonce: [UInt8](repeating: 1, count: 32),
            credentials: Harness.credentials)
        let error = #expect(throws: ProtocolViolation.self) {
            try wanting.received(orders.greeting)
        }
        #expect(error?.message == #"it is "orders", not payments"#)
        // Whoever lies about its name gets a proof for the other, which Orders refuses.
        var lie = orders.greeting
        lie.service = "payments"
        guard case .answer(let answer) = try wanting.received(lie) else {
            Issue.record("the client did not answer")
            return
        }
        let refusal = #expect(throws: RPCError.self) {
            try orders.answer(answer, limits: RPCLimits())
        }
        #expect(refusal?.reason == .unauthenticated)
    }

    @Test func neitherSideTakesTheOthersProofOrNonce() throws {
        try run { harness in
            let echoing = try await RawPeer.connect(to: harness)
            let (nonce, _) = try await Self.given(echoing)
            try echoing.sayHello(nonce, RawPeer.proof(by: "client", nonce, nonce))
            #expect(try await echoing.ending()?.contains("the nonce is the server's own") == true)
            let peer = try await RawPeer.connect(to: harness)
            let (theirs, _) = try await Self.given(peer)
            try peer.sayHello(Self.own, RawPeer.proof(by: "server", theirs, Self.own))
            #expect(try await peer.ending()?.hasPrefix("UNAUTHENTICATED") == true)
        }
        let credential = Credential(identity: "gateway", secret: Harness.secret)
        var client = ClientHandshake(service: "test", credential: credential, nonce: Self.own)
        let mirror = ServerHandshake(
            service: "test", nonce: Self.own, credentials: Harness.credentials)
        #expect(throws: ProtocolViolation.self) { try client.received(mirror.greeting) }
    }

    @Test func strangersHearNothingOfTheStore() throws {
        let mark = StoreMark(feedID: "f", epoch: 17, head: 4_711)
        try run(store: mark) { harness in
            let peer = try await RawPeer.connect(to: harness)
            let (nonce, hello) = try await Self.given(peer)
            guard case .map(let pairs) = hello.body else { throw RawPeer.Unexpected(hello) }
            #expect(Set(pairs.map(\.0)) == ["versions", "nonce", "service"])
            try peer.sayHello(Self.own, RawPeer.proof(by: "client", nonce, Self.own))
            let welcome = try await peer.next()
            #expect(welcome?.body["heads"] == .array([4_711]))
            #expect(welcome?.body["storeEpoch"] == 17)
            try peer.channel.abort()
        }
    }

    @Test(arguments: [[5, 1], [3, 1], [1, 1, "test.Echo", [:], [:]]] as [Value])
    func strangersSayNothingButHello(_ frame: Value) throws {
        try run { harness in
            let peer = try await RawPeer.connect(to: harness)
            _ = try await Self.given(peer)
            try peer.send(frame)
            #expect(try await peer.ending()?.contains("before the hello") == true)
        }
    }

    @Test func anEarlierVersionIsToldWhichIsSpoken() throws {
        try run { harness in
            let peer = try await RawPeer.connect(to: harness)
            _ = try await Self.given(peer)
            try peer.sayHello(Self.own, Self.own, version: 1)
            #expect(try await peer.ending()?.contains("speaks version 2") == true)
        }
    }
}
