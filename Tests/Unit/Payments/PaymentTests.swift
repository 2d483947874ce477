import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Storage
import Stores
import Support
import Testing
import Wire

@testable import Payments

/// Payments through the service, with `sim`.
@Suite struct PaymentTests {
    @Test func aSaleIsCapturedInTwoCommits() throws {
        try Desk.run { desk in
            _ = try await desk.void(9, checkout: 0xc9)
            let commits = desk.database.statistics.commits
            let reply = try await desk.create()
            #expect(desk.database.statistics.commits - commits == 2)
            #expect(reply.state == .captured)
            #expect(reply.captured == euros(10_000))
            #expect(reply.fee == euros(165))
            #expect(try await desk.facts() == [PaymentsFact.captured])
            #expect(try await desk.funds() == -10_000)
            #expect(try await desk.balance("clearing:sim") == 9_835)
            #expect(try await desk.balance("fees:sim") == 165)
            #expect(try await desk.violations() == [])
        }
    }

    @Test func aTombstoneIsForgottenAfterAWeek() throws {
        try Desk.run { desk in
            _ = try await desk.void(9, checkout: 0xc9)
            let voided = try await desk.create(createRequest(method: "sim_action"))
            _ = try await desk.void()
            try await desk.test.scheduler.sleep(ms: Housekeeping.keptMs)
            try await desk.service.housekeeping.prune()
            #expect(try await desk.store.payment(id(9)).state == .voided)
            try await desk.test.scheduler.sleep(ms: 1)
            try await desk.service.housekeeping.prune()
            #expect(await reason { try await desk.store.payment(id(9)) } == .paymentNotFound)
            // What a provider has heard of stays for ever.
            #expect(try await desk.store.payment(voided.paymentId).state == .voided)
        }
    }

    @Test func authoriseThenCapture() throws {
        try Desk.run { desk in
            let authorised = try await desk.create(createRequest(mode: .authCapture))
            #expect(authorised.state == .authorised)
            #expect(authorised.authorised == euros(10_000))
            #expect(await reason { try await desk.capture(amount: 9_999) } == .amountMismatch)
            let captured = try await desk.capture()
            #expect(captured.state == .captured)
            #expect(try await desk.capture() == captured)
            #expect(try await desk.facts() == [PaymentsFact.authorised, PaymentsFact.captured])
        }
    }

    /// Every token, and what CreatePayment answers to it.
    @Test(arguments: [
        ("sim_ok", PaymentState.captured, nil),
        ("sim_slow", .captured, nil),
        ("sim_lost_reply", .captured, nil),
        ("sim_late", .processing, nil),
        ("sim_action", .requiresAction, nil),
        ("sim_declined", .failedFinal, Reason.declined),
        ("nonsense", .failedFinal, .declined),
    ])
    func tokens(method: String, state: PaymentState, refusal: Reason?) throws {
        try Desk.run { (desk) async throws in
            let request = createRequest(method: method)
            let found = await reason { try await desk.create(request) }
            #expect(found == refusal)
            #expect(try await desk.payment().state == state)
            #expect(await reason { try await desk.create(request) } == refusal)
            #expect(try await desk.facts().count == 1)
        }
    }

    @Test func aDeclineSaysWhy() throws {
        try Desk.run { desk in
            do {
                _ = try await desk.create(createRequest(method: "sim_declined"))
                Issue.record("not refused")
            } catch let error as RPCError {
                #expect(error.isRefusal)
                #expect(error.detail["reason"] == .text("card_declined"))
                #expect(error.detail["retryable"] == .bool(true))
            }
            let second = try await desk.create(createRequest(2))
            #expect(second.state == .captured)
        }
    }

    @Test func aReplayAnswersTheCurrentViewAndMovesNothing() throws {
        try Desk.run { desk in
            let first = try await desk.create()
            #expect(try await desk.create() == first)
            #expect(try await desk.facts().count == 1)
            #expect(try await desk.funds() == -10_000)
        }
    }

    @Test func aReplayWithOtherTermsNamesThem() throws {
        try Desk.run { desk in
            _ = try await desk.create()
            let other = createRequest(
                checkout: 0xc2, amount: 1, mode: .authCapture, method: "sim_late", owner: "eve",
                expiresInMs: 1)
            do {
                _ = try await desk.create(other)
                Issue.record("not refused")
            } catch let error as RPCError {
                #expect(error.reason == .idempotencyConflict)
                let names = ["checkoutId", "owner", "amount", "captureMode", "paymentMethod"]
                #expect(
                    error.detail["differingFields"]
                        == .array((names + ["expiresInMs"]).map { .text($0) }))
            }
            #expect(try await desk.payment().state == .captured)
        }
    }

    @Test func theSameCreateAtOnceTakesTheMoneyOnce() throws {
        for seed in StoreFolder.some(of: UInt64(1)...20) {
            let test = TestWorld(seed: seed)
            try test.run {
                let desk = try await Desk(test)
                try await withThrowingTaskGroup(of: PaymentState.self) { group in
                    for _ in 0..<8 {
                        group.addTask(executorPreference: test.scheduler) {
                            try await desk.create(createRequest(method: "sim_slow")).state
                        }
                    }
                    for try await state in group { #expect(state == .captured) }
                }
                #expect(try await desk.facts() == [PaymentsFact.captured])
                #expect(try await desk.funds() == -10_000)
            }
        }
    }

    @Test func aCheckoutHasOneLivePayment() throws {
        try Desk.run { desk in
            _ = try await desk.create(createRequest(1, method: "sim_action"))
            let second = createRequest(2)
            #expect(await reason { try await desk.create(second) } == .livePaymentExists)
            _ = try await desk.void(1)
            #expect(try await desk.create(second).state == .captured)
            let third = createRequest(3)
            #expect(await reason { try await desk.create(third) } == .livePaymentExists)
            #expect(try await desk.create(createRequest(4, checkout: 0xc2)).state == .captured)
            #expect(try await desk.violations() == [])
        }
    }

    @Test func aVoidBeforeItsCreateLeavesATombstone() throws {
        try Desk.run { (desk) async throws in
            #expect(try await desk.void().state == .voided)
            #expect(try await desk.void().state == .voided)
            #expect(await reason { try await desk.create() } == .alreadyVoided)
            #expect(await reason { try await desk.capture() } == .alreadyVoided)
            #expect(try await desk.payment().amount == nil)
            #expect(try await desk.facts() == [])
        }
    }

    @Test func whatIsCapturedCannotBeVoided() throws {
        try Desk.run { desk in
            _ = try await desk.create()
            #expect(await reason { try await desk.void() } == .alreadyCaptured)
            #expect(try await desk.payment().state == .captured)
        }
    }

    @Test func whatIsVoidedCannotBeCaptured() throws {
        try Desk.run { desk in
            _ = try await desk.create(createRequest(mode: .authCapture))
            #expect(try await desk.void().state == .voided)
            #expect(await reason { try await desk.capture() } == .alreadyVoided)
            #expect(try await desk.facts() == [PaymentsFact.authorised, PaymentsFact.voided])
        }
    }

    /// Both at once, in many orders: one wins, and the provider and the books agree with it.
    @Test func captureRacesVoid() throws {
        for seed in StoreFolder.some(of: UInt64(1)...40) {
            let test = TestWorld(seed: seed)
            try test.run {
                let desk = try await Desk(test)
                _ = try await desk.create(createRequest(mode: .authCapture))
                async let captured = reason { try await desk.capture() }
                async let voided = reason { try await desk.void() }
                let ends = await (captured, voided)
                let state = try await desk.payment().state
                if state == .captured {
                    #expect(ends == (nil, .alreadyCaptured), "seed \(seed)")
                    #expect(try await desk.funds() == -10_000)
                } else {
                    #expect(state == .voided)
                    #expect(ends == (.alreadyVoided, nil), "seed \(seed)")
                    #expect(try await desk.funds() == 0)
                }
                #expect(try await desk.violations() == [])
            }
        }
    }

    @Test func aLapsedAuthorisationIsFinal() throws {
        try Desk.run(sim: SimConfiguration(authorisationMs: 1_000)) { desk in
            _ = try await desk.create(createRequest(mode: .authCapture))
            try await desk.world.scheduler.sleep(ms: 1_000)
            #expect(await reason { try await desk.capture() } == .authorisationExpired)
            #expect(try await desk.payment().state == .failedFinal)
        }
    }

    @Test func badTermsAreRefusedBeforeAnything() throws {
        try Desk.run { desk in
            let provider = createRequest(provider: "nobody")
            #expect(await reason { try await desk.create(provider) } == .providerUnknown)
            #expect(await reason { try await desk.payment() } == .paymentNotFound)
            #expect(await reason { try await desk.capture() } == .paymentNotFound)
        }
    }
}

/// What is kept of a buyer's token once it is wiped.
@Suite struct MethodDigestTests {
    /// One card, two payments: nothing in the rows says so.
    @Test func oneCardLeavesTwoTraces() throws {
        try Desk.run { desk in
            _ = try await desk.create(createRequest(1, checkout: 0xc1))
            _ = try await desk.create(createRequest(2, checkout: 0xc2))
            let digests = [
                try await desk.store.payment(id(1)).terms?.methodDigest,
                try await desk.store.payment(id(2)).terms?.methodDigest,
            ]
            #expect(digests[0] != digests[1] && digests[0]?.count == 16)
            _ = try await desk.create(createRequest(1, checkout: 0xc1))
            let other = createRequest(1, checkout: 0xc1, method: "sim_slow")
            #expect(await reason { try await desk.create(other) } == .idempotencyConflict)
        }
    }

    /// A payment from before the salt is replayed as ever.
    @Test func aDigestWithoutSaltStillTellsItsToken() throws {
        try Desk.run { desk in
            let created = try await desk.create()
            // SHA-256 of "sim_ok", as the first releases kept it.
            let old: [UInt8] = [0x15, 0x27, 0x65, 0x9c, 0x7e, 0xc1, 0x08, 0x1d]
            _ = try await desk.database.write { batch in
                try batch.execute("UPDATE payment SET method_digest = \(old)")
            }
            #expect(try await desk.create().paymentId == created.paymentId)
            let other = createRequest(method: "sim_slow")
            #expect(await reason { try await desk.create(other) } == .idempotencyConflict)
            let none = createRequest(method: nil)
            #expect(await reason { try await desk.create(none) } == .idempotencyConflict)
        }
    }
}
