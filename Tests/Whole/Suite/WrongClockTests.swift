import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Stage
import Storage
import Support
import Testing

/// The machine starts with its clock an hour ahead, sells for a while, and is set right.
@Suite struct WrongClockTests {
    private static func setClock(_ rig: SuiteRig) async throws {
        let request = SetClockRequest(reason: "NTP was off")
        for (service, method) in [
            ("inventory", InventoryAPI.setClock), ("orders", OrdersAPI.setClock),
            ("payments", PaymentsAPI.setClock),
        ] {
            let reply = try await rig.caller("operator", to: service).call(method, request)
            #expect(reply.current == rig.test.clock.now())
        }
    }

    @Test(arguments: [false, true])
    func salesAndWebhooksGoByTheRightClockAgain(_ isOrdered: Bool) throws {
        try SuiteRig.run { rig in
            rig.test.clock.jump(byMs: 3_600_000)
            try await Self.setClock(rig)
            let event = try await rig.event()
            #expect(try await rig.purchase(rig.request(event)).state == .completed)
            rig.test.clock.jump(byMs: -3_600_000)
            let later = try await rig.event(
                salesStart: rig.test.clock.now().advanced(byMs: 1_800_000))
            let payment = rig.test.world.newID()
            let stale = try await rig.refusal {
                _ = try await rig.ingest("evt_first", of: payment)
            }
            #expect(stale == "SIGNATURE_STALE")
            if isOrdered {
                try await Self.setClock(rig)
            } else {
                for _ in 0..<5 { try await rig.pass(ms: 60_000) }
            }
            #expect(try await rig.refusal(rig.request(later)) == "EVENT_NOT_ON_SALE")
            _ = try await rig.ingest("evt_second", of: payment)
            let reserved = try await rig.reserve(event)
            #expect(try #require(reserved.expiresInMs) <= 1_800_000)
            _ = try await rig.cancel(reserved)
            #expect(try await rig.purchase(rig.request(event)).state == .completed)
            try await rig.expectSound()
            let lines = rig.test.logLines.all
            #expect(lines.contains { $0.contains("clock_jump") })
            #expect(lines.contains { $0.contains("clock_set") })
            #expect(
                lines.contains {
                    $0.contains("clock_ordered") && $0.contains("\"by\":\"operator\"")
                        && $0.contains("NTP was off")
                })
        }
    }

    /// What a clock that was ahead has made lasts no longer than was said, whoever holds it.
    @Test func whatAWrongClockMadeEndsInTime() throws {
        try SuiteRig.run { rig in
            rig.test.clock.jump(byMs: 3_600_000)
            try await Self.setClock(rig)
            let event = try await rig.event()
            let reserved = try await rig.reserve(event, holdTtlMs: 30_000)
            let asked = try await rig.pay(
                try await rig.reserve(event, owner: "ben", holdTtlMs: 30_000), "sim_late")
            rig.test.clock.jump(byMs: -3_600_000)
            try await Self.setClock(rig)
            try await rig.pass(ms: 120_000)
            #expect(try await rig.checkout(reserved.checkoutId).state == .expired)
            #expect(try await rig.checkout(asked.checkoutId).state.isTerminal)
            #expect(try await rig.availability(event).event.held == 0)
            try await rig.expectSound()
            #expect(rig.test.logLines.all.contains { $0.contains("clock_repaired") })
        }
    }

    /// A saga that the wrong clock has put off goes on; one that has ended meanwhile has ended.
    @Test func aSagaThatWasPutOffIsLookedAt() throws {
        try SuiteRig.onSale { rig, event in
            let over = try await rig.purchase(rig.request(event, owner: "ben"))
            rig.payments.plan { method, _ in
                method == "payments.CreatePayment" ? .requestLost : nil
            }
            let request = rig.request(event, waitMs: 0)
            _ = try await rig.purchase(request)
            try await rig.pass(ms: 1_000)
            rig.kill("orders")
            let later = rig.test.clock.now().advanced(byMs: 3_600_000)
            try await rig.ordersDatabase.write { batch in
                try batch.execute(
                    """
                    UPDATE checkout SET created_at = \(later) WHERE next_run_at IS NOT NULL
                    """)
                try batch.execute(
                    "UPDATE checkout SET next_run_at = \(later) WHERE next_run_at IS NOT NULL")
            }
            rig.payments.plan { _, _ in nil }
            try await rig.start("orders")
            try await rig.pass(ms: 120_000)
            #expect(try await rig.checkout(request.purchaseId).state == .completed)
            #expect(try await rig.checkout(over.checkoutId).state == .completed)
            let created = try await rig.ordersDatabase.read { reader in
                try reader.query("SELECT MAX(created_at) FROM checkout") {
                    try $0.next(Instant.self)
                }
            }
            #expect(try #require(created.first) < later)
            #expect(rig.test.logLines.all.contains { $0.contains("clock_repaired") })
            try await rig.expectSound()
        }
    }

    /// A hold lasts as long as was said, whichever way the wall clock jumps meanwhile.
    @Test(arguments: [3_600_000, -3_600_000, 86_400_000])
    func aJumpMovesNoHoldsEnd(_ jump: Int64) throws {
        try SuiteRig.onSale { rig, event in
            let before = try await rig.reserve(event, holdTtlMs: 30_000)
            rig.test.clock.jump(byMs: jump)
            let after = try await rig.reserve(event, holdTtlMs: 30_000)
            for checkout in [before, after] {
                let left = try await rig.checkout(checkout.checkoutId).expiresInMs
                #expect(try #require(left) > 25_000)
            }
            try await rig.pass(ms: 60_000)
            for checkout in [before, after] {
                #expect(try await rig.checkout(checkout.checkoutId).state == .expired)
            }
            #expect(rig.test.logLines.all.contains { $0.contains("clock_jump") })
        }
    }
}
