import Contracts
import Foundation
import Lifecycle
import RPC
import Stage
import Storage
import Support
import Testing

/// A store that was put back from a backup is noticed, and nothing is sold twice from it.
@Suite struct RestoreTests {
    /// Runs `body` with Inventory on a file, and the place of a copy beside it.
    private func onFile(
        _ body: @escaping @Sendable (SuiteRig, _ file: String, _ copy: String) async throws -> Void
    ) throws {
        let folder = FileManager.default.temporaryDirectory.appending(
            path: "turnstile-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let (file, copy) = (folder.appending(path: "i.db").path, folder.appending(path: "c").path)
        try SuiteRig.run(inventoryAt: .file(file)) { try await body($0, file, copy) }
    }

    private static func put(_ source: String, at target: String) throws {
        try? FileManager.default.removeItem(atPath: target)
        try FileManager.default.copyItem(atPath: source, toPath: target)
    }

    private static func verify(_ rig: SuiteRig) async throws -> [String] {
        try await rig.caller("operator", to: "orders").call(
            OrdersAPI.verifyInvariants, VerifyRequest()
        ).violations.map(\.invariant)
    }

    private static func reserve(_ rig: SuiteRig, _ event: TestEvent) async throws -> RPCError? {
        do {
            _ = try await rig.caller("gateway", to: "inventory").call(
                InventoryAPI.reserve,
                ReserveRequest(
                    holdId: rig.test.world.newID(), eventId: event.id, owner: "eve",
                    lines: [HoldLine(ticketTypeId: event.type, quantity: 1)]),
                CallOptions(attempts: 1))
            return nil
        } catch let error as RPCError { return error }
    }

    @Test func aRestoredInventoryReservesNothingUntilVerifyIsClean() throws {
        try onFile { rig, file, copy in
            let event = try await rig.event()
            _ = try await rig.purchase(rig.request(event))
            try await rig.restartInventory { try Self.put(file, at: copy) }
            // After the backup: holds that were given back, so that nothing is missing in it.
            for owner in ["bob", "cid", "dan"] {
                let declined = rig.request(event, method: "sim_declined", owner: owner)
                #expect(try await rig.refusal(declined) == "DECLINED")
            }
            try await rig.pass(ms: 10_000)
            #expect(try await Self.reserve(rig, event) == nil)

            try await rig.restartInventory { try Self.put(copy, at: file) }
            try await rig.pass(ms: 15_000)
            let refusal = try await Self.reserve(rig, event)
            #expect(refusal?.reason.name == "STOCK_UNVERIFIED")
            #expect(refusal?.executed == false && refusal?.outcome == .unknown)
            #expect(refusal?.message.contains("orders verify") == true)
            #expect(rig.test.logLines.all.contains { $0.contains("peer.restored") })
            // The mark outlives the process, though nobody remembers more than it any longer.
            try await rig.restartInventory()
            try await rig.pass(ms: 15_000)
            #expect(try await Self.reserve(rig, event)?.reason.name == "STOCK_UNVERIFIED")

            // Every sale is found; only Inventory's feed waits for an operator.
            #expect(try await Self.verify(rig) == ["P-4"])
            #expect(try await Self.reserve(rig, event) == nil)
            try await rig.followInventory()
            #expect(try await Self.verify(rig) == [])
            try await rig.restartInventory()
            try await rig.pass(ms: 15_000)
            #expect(try await Self.reserve(rig, event) == nil)
        }
    }

    @Test func salesThatTheBackupLacksKeepItClosedUntilAnOperatorDecides() throws {
        try onFile { rig, file, copy in
            let event = try await rig.event()
            try await rig.restartInventory { try Self.put(file, at: copy) }
            _ = try await rig.purchase(rig.request(event))
            try await rig.pass(ms: 10_000)
            try await rig.restartInventory { try Self.put(copy, at: file) }
            try await rig.pass(ms: 15_000)
            #expect(try await Self.verify(rig).contains("C-7"))
            #expect(try await Self.reserve(rig, event)?.reason.name == "STOCK_UNVERIFIED")

            _ = try await rig.caller("operator", to: "inventory").call(
                InventoryAPI.resumeSales, ResumeSalesRequest(reason: "two seats were blocked"))
            #expect(try await Self.reserve(rig, event) == nil)
        }
    }

    @Test func anInventoryThatOnlyStartedAgainSells() throws {
        try onFile { rig, _, _ in
            let event = try await rig.event()
            _ = try await rig.purchase(rig.request(event))
            try await rig.pass(ms: 10_000)
            try await rig.restartInventory()
            try await rig.pass(ms: 15_000)
            #expect(try await Self.reserve(rig, event) == nil)
            #expect(!rig.test.logLines.all.contains { $0.contains("restored") })
        }
    }
}
