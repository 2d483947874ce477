import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Saga
import Stage
import Storage
import Support
import Testing
import Wire

/// Another kind of saga in Orders' own store, beside its purchases: a finished order's money goes
/// back. All that such a kind is made of is declared here: a row, its steps, and what they ask.
private struct Refund: SagaRow {
    static let table = TableLayout("order_refund", of: Self.self)

    let id: UUID
    let paymentID: UUID
    let amount: Int64
    let createdAt: Instant
    var state = "NEW"
    var step: SagaPosition? = SagaPosition(RefundStep.owe)
    var nextRunAt: Instant?
    var epoch: Int64
    var stepCount: Int64 = 0
    var trouble: String?
    var version: Int64 = 1

    var key: UUID { id }
    var isParked: Bool { state == "PARKED" }

    mutating func park(_ reason: String) { (state, nextRunAt) = ("PARKED", nil) }
}

private enum RefundStep: String, CaseIterable, Sendable { case owe, settle }

private struct RefundSaga: SagaDefinition {
    static let kind = SagaKind("refund")

    let payments: any Caller

    func step(_ name: RefundStep) -> Step<Refund> {
        switch name {
        case .owe: .pivot(Owe(payments: payments))
        case .settle: .certain(Settle(payments: payments))
        }
    }
}

/// From here on Payments owes it, and goes on until the buyer has it.
private struct Owe: StepCall {
    let payments: any Caller
    let peer: String? = "payments"

    func ask(_ refund: Refund, _ terms: CallTerms) async throws -> StepAnswer<Told> {
        let request = RefundPaymentRequest(
            refundId: refund.id, paymentId: refund.paymentID,
            amount: Money(refund.amount, Currency("EUR")), kind: .organiser, reason: "cancelled")
        return .done(Told(try await payments.call(PaymentsAPI.refundPayment, request)))
    }

    func done(_ reply: Told, _ decision: inout StepDecision<Refund>) {
        decision.subject.state = "OWED"
        decision.goOn(with: RefundStep.settle)
    }
}

private struct Settle: StepCall {
    let payments: any Caller
    let peer: String? = "payments"

    func ask(_ refund: Refund, _ terms: CallTerms) async throws -> StepAnswer<Told> {
        let reply = Told(
            try await payments.call(PaymentsAPI.getRefund, GetRefundRequest(refundId: refund.id)))
        return reply.refund.state == .succeeded ? .done(reply) : .waiting(reply)
    }

    func done(_ reply: Told, _ decision: inout StepDecision<Refund>) {
        decision.subject.state = "SETTLED"
        decision.finish()
    }

    func waiting(
        _ reply: Told, at position: SagaPosition, _ decision: inout StepDecision<Refund>
    ) {
        decision.pause(position.again, ms: 1_000)
    }
}

private struct Told: StepReply {
    let refund: RefundReply

    init(_ refund: RefundReply) { self.refund = refund }

    var word: String { refund.state.word }
}

extension Refund {
    static let creation: SQL = """
        CREATE TABLE order_refund (
            refund_id BYTEA NOT NULL PRIMARY KEY, payment_id BYTEA NOT NULL,
            amount BIGINT NOT NULL, created_at BIGINT NOT NULL, state TEXT NOT NULL, step TEXT,
            direction TEXT, attempt BIGINT, next_run_at BIGINT, epoch BIGINT NOT NULL,
            step_count BIGINT NOT NULL, trouble TEXT, version BIGINT NOT NULL)
        """

    init(_ c: some ColumnWalk, _ it: Written<Self>) {
        id = c("refund_id", it) { $0.id }
        paymentID = c("payment_id", it) { $0.paymentID }
        amount = c("amount", it) { $0.amount }
        createdAt = c("created_at", it) { $0.createdAt }
        state = c("state", it) { $0.state }
        step = SagaPosition.walk(c, it) { $0.step }
        nextRunAt = c("next_run_at", it) { $0.nextRunAt }
        epoch = c("epoch", it) { $0.epoch }
        stepCount = c("step_count", it) { $0.stepCount }
        trouble = c("trouble", it) { $0.trouble }
        version = c("version", it) { $0.version }
    }
}

@Suite struct SecondSagaTests {
    /// What a process of Orders would run for this kind.
    private struct Process {
        let sagas: SagaStore<RefundSaga>
        let runner: SagaRunner<SagaStore<RefundSaga>>
        let jobs: [Task<Void, any Error>]

        init(_ rig: SuiteRig, isShared: Bool) async throws {
            let saga = RefundSaga(payments: rig.payments)
            sagas = SagaStore(saga, in: rig.ordersDatabase, isShared: isShared)
            let runner = try await SagaRunner(of: sagas, world: rig.test.world) {
                saga.step(named: $0)
            }
            self.runner = runner
            jobs = runner.jobs.map { job in rig.test.scheduler.spawn { try await job.run() } }
        }

        func die() {
            runner.stop()
            for job in jobs { job.cancel() }
        }
    }

    private static func refund(
        _ checkout: CheckoutReply, in sagas: SagaStore<RefundSaga>
    ) async throws -> Refund {
        let id = UUID.derived(from: checkout.checkoutId, "again")
        let payment = UUID.derived(from: checkout.checkoutId, "pay")
        return try await sagas.begin(id) { epoch, now in
            Refund(
                id: id, paymentID: payment, amount: 1_000, createdAt: now,
                nextRunAt: now.advanced(byMs: 10_000), epoch: epoch)
        } known: {
            $0
        }.row
    }

    /// Leases that a process holds for sagas of another kind than its own.
    private static func strays(_ rig: SuiteRig) async throws -> Int64? {
        try await rig.ordersDatabase.read { reader in
            try reader.query(
                """
                SELECT COUNT(*) FROM saga_lease l JOIN saga_lease o ON o.epoch = l.owner
                WHERE l.kind <> o.kind
                """
            ) { try $0.next(Int64.self) }.first
        }
    }

    @Test(arguments: [false, true])
    func itRunsBesideThePurchasesDiesAndGoesOn(_ isShared: Bool) throws {
        try SuiteRig.onSale(isShared: isShared) { rig, event in
            let bought = try await rig.purchase(rig.request(event))
            try await rig.ordersDatabase.write { _ = try $0.execute(Refund.creation) }
            // Its process dies when the money is owed, before it has heard so.
            rig.payments.plan { method, count in
                method == "payments.RefundPayment" && count == 1 ? .diesAfter : nil
            }
            let first = try await Process(rig, isShared: isShared)
            let begun = try await Self.refund(bought, in: first.sagas)
            first.runner.start(begun)
            #expect(try await rig.purchase(rig.request(event)).state == .completed)
            try await rig.pass(ms: 100)
            first.die()
            // Nobody else takes it for a purchase.
            try await rig.restartOrders()
            #expect(try await rig.purchase(rig.request(event)).state == .completed)
            #expect(try await first.sagas.find(begun.id)?.state == "NEW")
            let second = try await Process(rig, isShared: isShared)
            let watch = second.runner.progress.watch(begun.id) { $0.step == nil }
            let end = try #require(await watch.value(withinMs: 60_000))
            second.die()
            #expect(end.state == "SETTLED" && end.stepCount == 2)
            #expect(second.runner.epoch > first.runner.epoch)
            #expect(rig.payments.count("payments.RefundPayment") == 2)
            let told = try await rig.payments.call(
                PaymentsAPI.getRefund, GetRefundRequest(refundId: begun.id))
            #expect(told.state == .succeeded && told.amount.amount == 1_000)
            #expect(try await Self.strays(rig) == 0)
        }
    }

    /// A release before kinds inherits whatever lease is over. Once it is gone too, what it holds
    /// of a kind that it could not drive is anybody's who can.
    @Test func whatAnOlderReleaseHasInheritedIsTakenBack() throws {
        try SuiteRig.run(isShared: true) { rig in
            let database = rig.ordersDatabase
            func lease(_ held: Int64?, _ kind: SagaKind) async throws -> SagaLease {
                try await database.write {
                    try SagaTables.lease(held, of: kind, above: 0, isAlone: false, $0)
                }
            }
            rig.kill("orders")
            let (old, kind) = (SagaKind("checkout"), RefundSaga.kind)
            let lost = try await lease(nil, kind)
            let older = try await lease(nil, old)
            try await database.write {
                _ = try $0.execute(
                    "UPDATE saga_lease SET owner = \(older.epoch) WHERE epoch = \(lost.epoch)")
            }
            let mine = try await lease(nil, kind)
            #expect(mine.epochs == [mine.epoch])
            try await rig.pass(ms: SagaLease.lastsMs + 1)
            let after = try await lease(mine.epoch, kind)
            #expect(after.epochs.isSuperset(of: [lost.epoch, mine.epoch]))
            #expect(try await Self.strays(rig) == 0)
        }
    }
}
