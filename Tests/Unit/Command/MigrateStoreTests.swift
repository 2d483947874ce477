import Contracts
import FoundationEssentials
import Lifecycle
import Net
import Processes
import RPC
import Testing
import Wire

@testable import Command

/// `migrate-store` ends with what the check of the moved store ends with, and that asks the peers
/// where they serve.
@Suite struct MigrateStoreTests {
    private static let secret = [UInt8](repeating: 0, count: 16)
    private static let peer = Method<HealthRequest, HealthReply>(
        "payments.Health", .query, callers: [.orders], .anybody, "")

    /// Orders as far as the check goes: it verifies itself by asking Payments.
    private static let program = Program(
        "orders", "", port: 7102, methods: [], migrate: { _, _, _, _ in true },
        peers: ["payments"]
    ) { setup in
        let payments = try setup.client(of: "payments")
        return Program.Parts(
            register: { router in
                router.handle(
                    Method<HealthRequest, Verified>(
                        "orders.VerifyInvariants", .query, callers: [.operator], .staff, "")
                ) { _, _ in
                    _ = try await payments.call(peer, HealthRequest())
                    return Verified()
                }
            }, jobs: [], store: { nil }, close: {})
    }

    private struct Verified: Message {
        let checked: Int64
        let violations: [String]
        let pending: Int64

        init() { (checked, violations, pending) = (1, [], 0) }

        init(_ f: some FieldWalk, _ it: Written<Self>) {
            checked = f("checked", it, .integer(0...Int64.max)) { $0.checked }
            violations = f(
                "violations", it, .list(.text(maxBytes: 100), maxCount: 1)
            ) { $0.violations }
            pending = f("pending", it, .integer(0...Int64.max)) { $0.pending }
        }
    }

    private func migrate(_ payments: Address) async throws -> Int32 {
        let folder = try WorkFolder(named: "turnstile-migrate")
        defer { folder.remove() }
        let path = folder.file("credentials.json")
        let key = Data(Self.secret).base64EncodedString()
        let file = #"{"identities": {"orders": {"secrets": ["\#(key)"], "roles": ["orders"]}}}"#
        _ = FileManager.default.createFile(atPath: path, contents: Data(file.utf8))
        let configuration = try Configuration(
            of: Self.program, flags: [:],
            environment: [
                "TURNSTILE_CREDENTIALS": path, "TURNSTILE_PAYMENTS": "\(payments)",
            ])
        return try await Self.program.migrateStore(
            "sqlite:orders.db", configuration, patienceMs: 300)
    }

    @Test func itsStatusIsThatOfTheCheckWhichAsksThePeers() async throws {
        let loop = try EventLoop()
        try loop.start(name: "peer")
        defer { loop.stop() }
        let world = World.real(on: loop)
        let server = Server(
            .init(service: "payments", store: { nil }),
            router: {
                var router = Router(log: world.log)
                router.handle(Self.peer) { _, _ in HealthReply() }
                return router
            }(),
            credentials: Credentials(identities: [
                "orders": .init(secrets: [Self.secret], roles: [.orders])
            ]), world: world)
        let address = try await loop.spawn {
            try await server.start(at: .loopback(), on: TCPNetwork(loop: loop))
        }.value
        #expect(try await migrate(address) == 0)
        try await loop.spawn { await server.stop() }.value
        #expect(try await migrate(address) == 1)
    }
}
