import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Saga
import Storage
import Synchronization
import Wire

/// The checkouts on disk. Every change is decided by the rules over the row as the batch sees it.
final class CheckoutJournal: SagaJournal {
    typealias Subject = Checkout
    typealias Reply = PeerReply

    private let database: Database
    private let rules: CheckoutRules
    private let book: OrderBook
    /// Of the ticket key that new checkouts get.
    private let keyNumber: Int64
    private let awaited: AwaitedPayments
    private let log: Log
    let isShared: Bool
    private let epoch = Atomic<Int64>(0)

    init(
        database: Database, isShared: Bool, rules: CheckoutRules, book: OrderBook,
        keyNumber: Int64, awaited: AwaitedPayments, log: Log
    ) {
        self.database = database
        self.isShared = isShared
        self.rules = rules
        self.book = book
        self.keyNumber = keyNumber
        self.awaited = awaited
        self.log = log
    }

    /// Stores a new purchase, or finds the one that there is.
    ///
    /// - Throws: `IDEMPOTENCY_CONFLICT {differingFields}`.
    func begin(_ request: PurchaseRequest, _ call: CallContext) async throws -> Checkout {
        try await begin(request.purchaseId, call) {
            try PurchaseRules.checkTotal(of: request.items)
            return PurchaseRules.checkout(request, buyer: call.actor, epoch: $0, now: $1)
        } differences: {
            PurchaseRules.differences(request, $0)
        }
    }

    /// The same for a checkout of the long way.
    func begin(_ request: CreateCheckoutRequest, _ call: CallContext) async throws -> Checkout {
        try await begin(request.checkoutId, call) {
            try PurchaseRules.checkTotal(of: request.items)
            return PurchaseRules.checkout(request, buyer: call.actor, epoch: $0, now: $1)
        } differences: {
            PurchaseRules.differences(request, $0)
        }
    }

    private func begin(
        _ id: UUID, _ call: CallContext,
        _ new: @escaping @Sendable (_ epoch: Int64, _ now: Instant) throws -> Checkout,
        differences: @escaping @Sendable (Checkout) -> [String]
    ) async throws -> Checkout {
        let epoch = epoch.load(ordering: .relaxed)
        return try await database.write { batch in
            if let stored = try batch.find(Checkout.self, id) {
                // Of another's, a buyer is told nothing but whose it is not.
                let fields = call.mayTouch(stored) ? differences(stored) : ["owner"]
                guard fields.isEmpty else { throw RPCError.differing(fields) }
                return stored
            }
            var checkout = try new(epoch, batch.now)
            checkout.keyNumber = self.keyNumber
            try batch.insert(new: checkout)
            return checkout
        }
    }

    /// Takes in a checkout that only a peer knows. Nil when it is known after all.
    func adopt(
        _ id: UUID, _ hold: HoldReply?, paidBy payment: UUID?
    ) async throws -> Checkout? {
        let epoch = epoch.load(ordering: .relaxed)
        return try await database.write(.saga, essential: true) { batch in
            guard try batch.find(Checkout.self, id) == nil else { return nil }
            var checkout = PurchaseRules.adopted(
                id, hold, paidBy: payment, epoch: epoch, now: batch.now)
            checkout.keyNumber = self.keyNumber
            try batch.insert(new: checkout)
            return checkout
        }
    }

    /// A human's change, a buyer's or an operator's, with its reason and who it was in the history;
    /// nil from `change` changes nothing.
    func change(
        _ id: UUID, _ outcome: String, because reason: String, _ call: CallContext,
        _ change: @escaping @Sendable (Checkout, Instant) throws -> Checkout?
    ) async throws -> Checkout {
        let epoch = epoch.load(ordering: .relaxed)
        let changed = try await database.write(.saga, essential: true) { [self] batch in
            guard let before = try batch.find(Checkout.self, id), call.mayTouch(before) else {
                throw RPCError.unknown(.checkout, id)
            }
            guard let after = try change(before, batch.now) else { return before }
            return try write(
                after, over: before, outcome, because: reason, by: call.caller, epoch, batch)
        }
        awaited.note(changed)
        return changed
    }

    private func write(
        _ changed: Checkout, over before: Checkout, _ outcome: String, because reason: String,
        by caller: String? = nil, _ epoch: Int64, _ batch: Batch
    ) throws -> Checkout {
        var after = changed
        after.version += 1
        after.take(epoch, since: before)
        after.stepCount += 1
        try batch.update(after, from: before)
        try batch.insert(
            SagaStepRow(
                sagaID: after.id, number: after.stepCount,
                position: after.step ?? SagaPosition("none"), outcome: outcome,
                result: reason, at: batch.now, caller: caller))
        try book.record(before, after, batch)
        return after
    }

    // MARK: What Inventory tells

    /// What a fact about a hold makes of its checkout; nil when that is nothing.
    func hear(_ kind: String, _ fact: HoldFact, _ batch: Batch) throws -> Checkout? {
        guard let before = try checkout(of: fact, batch),
            let after = HeardRules.hear(kind, fact, before, now: batch.now)
        else { return nil }
        let what = "\(kind) \(fact.reason?.word ?? "")"
        return try write(
            after, over: before, "HEARD", because: what, epoch.load(ordering: .relaxed), batch)
    }

    /// For whoever has committed a change that was not the saga's.
    func changed(_ checkout: Checkout) { awaited.note(checkout) }

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
        let epoch = epoch.load(ordering: .relaxed)
        return try await database.write { batch in
            guard let before = try batch.find(Checkout.self, request.checkoutId),
                call.mayTouch(before)
            else {
                throw RPCError.unknown(.checkout, request.checkoutId)
            }
            let key = AttemptRow.Key(checkoutID: before.id, attemptID: request.attemptId)
            let ended = try batch.find(AttemptRow.self, key)
            let open = [before.attempt, before.queued].compactMap(\.self)
            if let known = ended?.attempt ?? open.first(where: { $0.id == request.attemptId }) {
                let fields = BuyerRules.differences(request, known)
                guard fields.isEmpty else { throw RPCError.differing(fields) }
                return before
            }
            var after = try BuyerRules.start(request, before, now: batch.now)
            after.version += 1
            after.take(epoch, since: before)
            try batch.update(after, from: before)
            return after
        }
    }

    /// Why an attempt was refused; nil for one that was not.
    func refusal(of attemptID: UUID, _ checkoutID: UUID) async throws -> RPCError? {
        let key = AttemptRow.Key(checkoutID: checkoutID, attemptID: attemptID)
        let row = try await database.read { try $0.find(AttemptRow.self, key) }
        return row?.outcome == .refused ? row?.problem?.error : nil
    }

    // MARK: SagaJournal

    func deferred(_ subject: Checkout, _ event: CheckoutEvent) -> Checkout? {
        guard case .done = event.outcome else { return nil }
        let decision = rules.decide(
            subject, event, now: subject.createdAt, epoch: epoch.load(ordering: .relaxed))
        return decision.mayDefer ? decision.checkout : nil
    }

    func commit(_ id: UUID, _ events: [CheckoutEvent]) async throws -> SagaStand<Checkout>? {
        let epoch = epoch.load(ordering: .relaxed)
        let change: (from: CheckoutState, stand: SagaStand<Checkout>)? = try await database.write(
            .saga, essential: true
        ) { [rules, book] batch in
            guard let before = try batch.find(Checkout.self, id) else { return nil }
            var after = before
            var ended: [EndedStep] = []
            var attempts: [EndedAttempt] = []
            var pauseMs: Int64?
            for (place, event) in events.enumerated() {
                let decision = rules.decide(
                    after, event, now: batch.now, epoch: epoch,
                    isFollowed: place + 1 < events.count)
                after = decision.checkout
                ended += decision.ended
                attempts += decision.endedAttempts
                pauseMs = decision.pauseMs
            }
            guard after != before else {
                return (before.state, SagaStand(before, pauseMs: pauseMs))
            }
            after.version += 1
            after.take(epoch, since: before)
            try batch.update(after, from: before)
            for (place, step) in ended.enumerated() {
                try batch.insert(
                    SagaStepRow(
                        sagaID: id, number: before.stepCount + Int64(place) + 1,
                        position: step.position, outcome: step.outcome, result: step.result,
                        at: batch.now))
            }
            for attempt in attempts {
                let row = AttemptRow(id, attempt, at: batch.now)
                // What an attempt came to first is what its replays are told.
                if try batch.find(AttemptRow.self, row.key) == nil { try batch.insert(row) }
            }
            try book.record(before, after, batch)
            return (before.state, SagaStand(after, pauseMs: pauseMs))
        }
        guard let change else { return nil }
        let checkout = change.stand.subject
        awaited.note(checkout)
        if checkout.state == .parked, change.from != .parked {
            log.error("saga_parked", ["order": id, "reason": checkout.parkReason ?? ""])
        }
        return change.stand
    }

    func find(_ id: UUID) async throws -> Checkout? {
        try await database.read { try $0.find(Checkout.self, id) }
    }

    func find(_ ids: [UUID]) async throws -> [SagaRow<Checkout>] {
        guard !ids.isEmpty else { return [] }
        return try await database.read { reader in
            try reader.find(Checkout.self, each: ids).map { SagaRow($0.key, $0.row) }
        }
    }

    /// By a list of the few open ones: the table itself is mostly checkouts that have ended.
    func unfinished(after id: UUID?, limit: Int) async throws -> [UUID] {
        let mine = mine
        let after: SQL = id.map { "AND checkout_id > \($0)" } ?? ""
        return try await database.read { reader in
            try reader.query(
                """
                SELECT checkout_id FROM checkout
                WHERE next_run_at IS NOT NULL AND (epoch = 0 OR \(mine)) \(after)
                ORDER BY checkout_id LIMIT \(limit)
                """
            ) { try $0.next() }
        }
    }

    func due(after last: SagaDue?, limit: Int) async throws -> [SagaDue] {
        let mine = mine
        let after: SQL =
            last.map { "AND (next_run_at, checkout_id) > (\($0.at), \($0.id))" } ?? ""
        return try await database.read { reader in
            try reader.query(
                """
                SELECT checkout_id, next_run_at FROM checkout
                WHERE next_run_at <= \(reader.now) AND (epoch = 0 OR \(mine)) \(after)
                ORDER BY next_run_at, checkout_id LIMIT \(limit)
                """
            ) { SagaDue(try $0.next(), at: try $0.next()) }
        }
    }

    /// Sagas that a clock which was ahead has put to sleep, or begun in a time to come: only one
    /// that waits for its buyer pauses for longer, till the hold ends.
    func clockRepair(_ world: World) -> ClockRepair<UUID> {
        let isPutOff = { @Sendable (now: Instant) -> SQL in
            """
            (next_run_at > \(now.advanced(byMs: PurchaseRules.longestPauseMs))
                AND step <> \(StepName.buyer))
            """
        }
        let isOfTheFuture = { @Sendable (now: Instant) -> SQL in
            """
            (next_run_at IS NOT NULL
                AND created_at > \(now.advanced(byMs: ClockRepair<UUID>.toleratedMs)))
            """
        }
        return ClockRepair("checkout", in: database, world: world) { [self] reader, limit in
            try reader.query(
                """
                SELECT checkout_id FROM checkout
                WHERE (\(isPutOff(reader.now)) OR \(isOfTheFuture(reader.now)))
                    AND (epoch = 0 OR \(mine)) LIMIT \(limit)
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

    /// Those that it has claimed from another bear its epoch below zero.
    private var mine: SQL {
        let epoch = epoch.load(ordering: .relaxed)
        return """
            epoch IN (SELECT epoch FROM saga_lease WHERE owner = \(epoch)
                UNION ALL SELECT -epoch FROM saga_lease WHERE owner = \(epoch))
            """
    }

    /// By a statement that reads nothing else of the row.
    func leave(_ id: UUID) async throws {
        let mine = mine
        try await database.write(.saga, essential: true) { batch in
            try batch.execute("UPDATE checkout SET epoch = 0 WHERE checkout_id = \(id) AND \(mine)")
        }
    }

    func claim(_ id: UUID) async throws -> Checkout? {
        let epoch = epoch.load(ordering: .relaxed)
        return try await database.write(.saga, essential: true) { batch in
            guard var checkout = try batch.find(Checkout.self, id), checkout.epoch == 0 else {
                return nil
            }
            checkout.epoch = 0 - epoch
            try batch.update(checkout)
            return checkout
        }
    }

    func lease(_ held: Int64?, above seen: Int64) async throws -> SagaLease {
        let lease = try await database.write(.saga, essential: true) { [isShared] batch in
            try SagaTables.lease(held, above: seen, isAlone: !isShared, batch)
        }
        epoch.store(lease.epoch, ordering: .relaxed)
        return lease
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
