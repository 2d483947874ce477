import Contracts
import RPC
import Testing
import Wire

/// Who may call what: every method asked by every identity, by the table of its contract.
@Suite struct RoleTests {
    private static let methods = InventoryAPI.methods + OrdersAPI.methods + PaymentsAPI.methods
    private static let roles: [(String, [Role])] = [
        ("gateway", [.gateway]), ("operator", [.operator, .eventManager]),
        ("inventory", [.inventory]), ("orders", [.orders]), ("payments", [.payments]),
    ]

    /// The body is empty: whoever may call is told so, or answered, but is not sent away.
    @Test func whoIsNotNamedIsRefused() throws {
        try SuiteRig.run { rig in
            for method in Self.methods {
                let service = String(method.name.prefix { $0 != "." })
                for (identity, roles) in Self.roles {
                    let isDenied = try await Self.isDenied(rig, method, service, identity)
                    let mayCall = roles.contains(where: method.callers.contains)
                    #expect(isDenied != mayCall, "\(identity) calls \(method.name)")
                }
            }
        }
    }

    private static func isDenied(
        _ rig: SuiteRig, _ method: AnyMethod, _ service: String, _ identity: String
    ) async throws -> Bool {
        do {
            _ = try await rig.caller(identity, to: service).call(
                Method<EncodedBody, EncodedBody>(method.name, .query, callers: [], .anybody, ""),
                EncodedBody(bytes: CBOR.encode(Value.map([]))), CallOptions(attempts: 1))
            return false
        } catch let error as RPCError { return error.reason == .permissionDenied }
    }

    @Test func webhooksComeFromGatewaysAndAreSeenByOperators() {
        #expect(PaymentsAPI.ingestWebhook.callers == [.gateway])
        #expect(PaymentsAPI.listWebhooks.callers == [.operator])
        #expect(PaymentsAPI.replayWebhook.callers == [.operator])
    }
}
