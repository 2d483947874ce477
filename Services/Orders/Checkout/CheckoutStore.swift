import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Saga
import Storage
import Wire

/// The checkouts on disk: what buyers, staff and Inventory make of them. What their sagas do is
/// `SagaStore`'s.
struct CheckoutStore: Sendable {
    let sagas: SagaStore<PurchaseSaga>
    private let database: Database
    private let definition: PurchaseSaga
    /// Of the ticket key that new checkouts get.
    private let keyNumber: Int64

    init(_ definition: PurchaseSaga, in database: Database, isShared: Bool, keyNumber: Int64) {
        self.database = database
        self.definition = definition
        self.keyNumber = keyNumber
        sagas = SagaStore(definition, in: database, isShared: isShared)
    }

    func find(_ id: UUID) async throws -> Checkout? { try await sagas.find(id) }

    /// Stores a new purchase, or finds the one that there is.
    ///
    /// - Throws: `IDEMPOTENCY_CONFLICT {differingFields}`.
    func begin(_ request: PurchaseRequest, _ call: CallContext) async throws -> Checkout {
        try await begin(request.purchaseId, call) {
            try PurchaseRules.checkTotal(of: request.items)
            return PurchaseRules.checkout(request, buyer: call.actor, epoch: $0, now: $1)
        } differences: { stored in
            PurchaseRules.request(of: stored, asked: request).map(request.differences)
                ?? ["purchaseId"]
        }
    }

    /// The same for a checkout that is paid step by step.
    func begin(_ request: CreateCheckoutRequest, _ call: CallContext) async throws -> Checkout {
        try await begin(request.checkoutId, call) {
            try PurchaseRules.checkTotal(of: request.items)
            return PurchaseRules.checkout(request, buyer: call.actor, epoch: $0, now: $1)
        } differences: { stored in
            PurchaseRules.request(of: stored, asked: request).map(request.differences)
                ?? ["checkoutId"]
        }
    }

    private func begin(
        _ id: UUID, _ call: CallContext,
        _ new: @escaping @Sendable (_ epoch: Int64, _ now: Instant) throws -> Checkout,
        differences: @escaping @Sendable (Checkout) -> [String]
    ) async throws -> Checkout {
        try await sagas.begin(id) { [keyNumber] in
            var checkout = try new($0, $1)
            checkout.keyNumber = keyNumber
            return checkout
        } known: { stored in
            // A buyer is told nothing of another's checkout but that it is not theirs.
            let fields = call.mayTouch(stored) ? differences(stored) : ["owner"]
            guard fields.isEmpty else { throw RPCError.differing(fields) }
            return stored
        }.row
    }

    /// Takes in a checkout that only a peer knows. Nil when it is known after all.
    func adopt(
        _ id: UUID, _ hold: HoldReply?, paidBy payment: UUID?
    ) async throws -> Checkout? {
        let (row, isNew) = try await sagas.begin(id, .saga, essential: true) { [keyNumber] in
            var checkout = PurchaseRules.adopted(id, hold, paidBy: payment, epoch: $0, now: $1)
            checkout.keyNumber = keyNumber
            return checkout
        } known: {
            $0
        }
        return isNew ? row : nil
    }

    /// A human's change, a buyer's or an operator's, with its reason and who it was in the history;
    /// nil from `change` changes nothing.
    func change(
        _ id: UUID, _ outcome: String, because reason: String, _ call: CallContext,
        _ change: @escaping @Sendable (Checkout, Instant) throws -> Checkout?
    ) async throws -> Checkout {
        let line = SagaLine(outcome, because: reason, by: call.caller)
        let (before, after) = try await database.write(.saga, essential: true) { [sagas] batch in
            guard let before = try batch.find(Checkout.self, id), call.mayTouch(before) else {
                throw RPCError.unknown(.checkout, id)
            }
            guard let after = try change(before, batch.now) else { return (before, before) }
            return (before, try sagas.write(after, over: before, line, batch))
        }
        definition.committed(before, after)
        return after
    }

    // MARK: What Inventory tells

    /// What a fact about a hold makes of its checkout; nil when that is nothing.
    func hear(_ kind: String, _ fact: HoldFact, _ batch: Batch) throws -> Checkout? {
        guard let before = try checkout(of: fact, batch),
            let after = HeardRules.hear(kind, fact, before, now: batch.now)
        else { return nil }
        let line = SagaLine("HEARD", because: "\(kind) \(fact.reason?.word ?? "")")
        return try sagas.write(after, over: before, line, batch)
    }

    /// Whether the last step of a checkout was this process's.
    func wrote(_ checkout: Checkout) -> Bool { checkout.epoch == sagas.epoch }

    /// For whoever has committed a change that was not the saga's.
    func changed(_ checkout: Checkout) { definition.awaited.note(checkout) }

    /// A hold without a reference is a gateway's own, or was asked for by a release before this
    /// one: an id that derives from its checkout's has the time of it in front.
    private func checkout(of fact: HoldFact, _ batch: Batch) throws -> Checkout? {
        if let id = fact.reference?.id ?? fact.orderId { return try batch.find(Checkout.self, id) }
        let (first, last) = fact.holdId.sameTime
        return try batch.select(
            Checkout.self,
            where: """
                checkout_id >= \(first) AND checkout_id <= \(last)
                ORDER BY checkout_id LIMIT \(Self.checkoutsOfOneTime)
                """
        ).first { $0.holdID == fact.holdId }
    }

    /// More were begun in one millisecond only by ids that carry no time.
    private static let checkoutsOfOneTime: Int64 = 500

    /// The buyer's attempt to pay: begun, or what has become of it.
    ///
    /// - Throws: what `BuyerRules.start` throws, and what an attempt under this id was refused for.
    func start(_ request: StartPaymentRequest, _ call: CallContext) async throws -> Checkout {
        try await database.write { [sagas] batch in
            guard let before = try batch.find(Checkout.self, request.checkoutId),
                call.mayTouch(before)
            else {
                throw RPCError.unknown(.checkout, request.checkoutId)
            }
            let key = AttemptRow.Key(checkoutID: before.id, attemptID: request.attemptId)
            let ended = try batch.find(AttemptRow.self, key)
            let open = [before.payment.attempt, before.payment.queued].compactMap(\.self)
            if let known = ended?.attempt ?? open.first(where: { $0.id == request.attemptId }) {
                try request.checkReplay(of: BuyerRules.request(of: known, asked: request))
                return before
            }
            let after = try BuyerRules.start(request, before, now: batch.now)
            return try sagas.write(after, over: before, nil, batch)
        }
    }

    /// Why an attempt was refused; nil for one that was not.
    func refusal(of attemptID: UUID, _ checkoutID: UUID) async throws -> RPCError? {
        let key = AttemptRow.Key(checkoutID: checkoutID, attemptID: attemptID)
        let row = try await database.read { try $0.find(AttemptRow.self, key) }
        return row?.outcome == .refused ? row?.problem?.error : nil
    }

    /// Sagas that a clock which was ahead has put to sleep, or begun in a time to come: only one
    /// that waits for its buyer pauses for longer, till the hold ends.
    func clockRepair(_ world: World) -> ClockRepair<UUID> {
        let isPutOff = { @Sendable (now: Instant) -> SQL in
            """
            (next_run_at > \(now.advanced(byMs: CheckoutDecision.longestPauseMs))
                AND step <> \(CheckoutStep.awaitBuyer.rawValue))
            """
        }
        let isOfTheFuture = { @Sendable (now: Instant) -> SQL in
            """
            (next_run_at IS NOT NULL
                AND created_at > \(now.advanced(byMs: ClockRepair<UUID>.toleratedMs)))
            """
        }
        return ClockRepair("checkout", in: database, world: world) { [sagas] reader, limit in
            try reader.query(
                """
                SELECT checkout_id FROM checkout
                WHERE (\(isPutOff(reader.now)) OR \(isOfTheFuture(reader.now)))
                    AND (epoch = 0 OR \(sagas.mine)) LIMIT \(limit)
                """
            ) { try $0.next() }
        } by: { batch, id in
            try batch.execute(
                """
                UPDATE checkout SET next_run_at = \(batch.now)
                WHERE checkout_id = \(id) AND \(isPutOff(batch.now))
                """)
            try batch.execute(
                """
                UPDATE checkout SET created_at = \(batch.now)
                WHERE checkout_id = \(id) AND \(isOfTheFuture(batch.now))
                """)
        }
    }

    // MARK: Pruning

    /// Deletes checkouts that never had stock, with their history.
    static func forget(_ batch: Batch, before: Instant, limit: Int64) throws -> Int {
        let rejected: SQL = """
            SELECT checkout_id FROM checkout WHERE state = 'REJECTED' AND ended_at < \(before)
            ORDER BY ended_at LIMIT \(limit)
            """
        try batch.execute("DELETE FROM saga_step WHERE saga_id IN (\(rejected))")
        let count = try batch.execute("DELETE FROM checkout WHERE checkout_id IN (\(rejected))")
        if count > 0 { try batch.tally(.rejected, nil, count: Int64(count)) }
        return count
    }
}

extension CallContext {
    func mayTouch(_ checkout: Checkout) -> Bool {
        mayTouch(checkout.owner, kind: checkout.ownerKind)
    }
}
