public import Contracts
public import FoundationEssentials
public import Lifecycle
public import RPC
public import Storage
import Synchronization

/// A provider that moves no money but behaves like one: it commits what it is asked to a journal
/// of its own before it answers, is idempotent by key, and is slow, silent, late or away when its
/// tokens or its seeded rates say so. Once it has an endpoint and a secret it tells of every change
/// by webhook, too.
public final class SimProvider: WebhookProvider {
    public let name = "sim"

    private let world: World
    private let journal: Database
    private let configuration: SimConfiguration
    private let webhooks: SimWebhooks
    /// Rung when there is something to tell.
    private let bell = Bell()
    /// Counts calls, for draws that no key decides.
    private let calls = Atomic<UInt64>(0)

    /// - Parameters:
    ///   - journal: a database with `SimSchema`, not the one of Payments.
    ///   - webhookSecrets: each proves a webhook; without any none is sent and none is believed.
    public init(
        world: World, journal: Database, configuration: SimConfiguration = .init(),
        webhookSecrets: [[UInt8]] = []
    ) {
        self.world = world
        self.journal = journal
        self.configuration = configuration
        webhooks = SimWebhooks(configuration, secrets: webhookSecrets)
    }

    /// Opens the journal; `settings` are those of `SimConfiguration(parsing:)`.
    public static func open(
        _ location: DatabaseLocation, _ settings: String?, webhookSecrets: [[UInt8]], world: World
    ) async throws -> SimProvider {
        let configuration = try SimConfiguration(parsing: settings ?? "")
        let journal = try await Database.open(
            location, migrations: SimSchema.migrations, world: world)
        return SimProvider(
            world: world, journal: journal, configuration: configuration,
            webhookSecrets: webhookSecrets)
    }

    /// What runs for as long as the process lives: the sender of webhooks, when there are any, and
    /// the repairs of clocks.
    public func jobs(endpoint: @escaping WebhookEndpoint) -> [any Service] {
        let repairs = SimRepairs.all(in: journal, configuration, webhooks, world: world)
        let all: [any Service] = repairs + [sender(endpoint)].compactMap(\.self)
        return all.map { LeasedJob($0, of: journal, world: world) }
    }

    private func sender(_ endpoint: @escaping WebhookEndpoint) -> (any Service)? {
        guard webhooks.areSent else {
            if configuration.webhookBp > 0 {
                let reason = "the credentials have no secret of sim's in webhookSecrets"
                world.log.warning("sim.webhooks_off", ["reason": reason])
            }
            return nil
        }
        return SimSendJob(
            world: world, journal: journal, webhooks: webhooks, bell: bell
        ) { [name] in try await endpoint($0, name) }
    }

    public func parse(
        _ webhook: ProviderWebhook, now: Instant
    ) throws(RPCError) -> ProviderEvent {
        try webhooks.parse(webhook, now: now)
    }

    public func setClock() async throws { _ = try await journal.setClock() }

    /// Closes the journal.
    public func close() async { await journal.close() }

    public func authorise(_ charge: Charge, key: ProviderKey) async -> ProviderAnswer {
        await begin(charge, isSale: false)
    }

    public func sale(_ charge: Charge, key: ProviderKey) async -> ProviderAnswer {
        await begin(charge, isSale: true)
    }

    public func capture(
        _ paymentID: UUID, amount: Money, key: ProviderKey
    ) async -> ProviderAnswer {
        await change(paymentID) { $0.capture(at: $1) }
    }

    public func void(_ paymentID: UUID, key: ProviderKey) async -> ProviderAnswer {
        await change(paymentID) { $0.void(at: $1) }
    }

    public func fetch(_ paymentID: UUID) async -> ProviderAnswer {
        guard !isAway() else { return .unavailable("sim is away") }
        return await answer {
            try await self.journal.read { reader in
                let row = try reader.find(SimPaymentRow.self, paymentID)
                return row.map { .known($0.payment.view(at: reader.now)) } ?? .unknownPayment
            }
        }
    }

    public func refund(
        _ paymentID: UUID, amount: Money, key: ProviderKey
    ) async -> RefundAnswer {
        guard !isAway() else { return .unavailable("sim is away") }
        let fails =
            SimDraw(seed: configuration.seed &+ UInt64(clamping: key.attempt), key.subject)
            .basisPoint < configuration.refundFailedBp
        let rowKey = SimRefundRow.Key(refundID: key.subject, attempt: key.attempt)
        do {
            return try await record { batch, webhooks in
                if let known = try batch.find(SimRefundRow.self, rowKey) {
                    return known.failure.map { .failed($0) } ?? .succeeded
                }
                var payment = try batch.find(SimPaymentRow.self, paymentID)?.payment
                let isDone = !fails && payment?.refund(amount, at: batch.now) == true
                if isDone, let payment { try batch.update(SimPaymentRow(payment)) }
                let failure = isDone ? nil : fails ? "insufficient_funds" : "not_refundable"
                let refund = SimRefundRow(
                    key: rowKey, paymentID: paymentID, amount: amount.amount, failure: failure)
                try batch.insert(refund)
                try webhooks.record(refund, in: batch)
                return failure.map { .failed($0) } ?? .succeeded
            }
        } catch {
            return .uncertain("sim: \(error)")
        }
    }

    /// Authorises or sells: the payment's own id is what makes a repeated key harmless.
    private func begin(_ charge: Charge, isSale: Bool) async -> ProviderAnswer {
        guard !isAway() else { return .unavailable("sim is away") }
        let fate = SimFate.of(charge.method, charge.paymentID, configuration)
        let configuration = configuration
        let delay = fate == .action ? configuration.actionMs : configuration.lateMs
        do {
            let (isNew, view) = try await record { batch, webhooks in
                if let known = try batch.find(SimPaymentRow.self, charge.paymentID) {
                    return (false, known.payment.view(at: batch.now))
                }
                let payment = SimPayment(
                    paymentID: charge.paymentID, amount: charge.amount, isSale: isSale,
                    fate: fate, dueAt: batch.now.advanced(byMs: delay),
                    lapsesAt: batch.now.advanced(byMs: configuration.authorisationMs))
                try batch.insert(SimPaymentRow(payment))
                try webhooks.record(payment, before: nil, in: batch)
                return (true, payment.view(at: batch.now))
            }
            // What is told by webhook is told before these answers.
            if fate == .slow { try await world.scheduler.sleep(ms: configuration.slowMs) }
            if isNew, fate == .lostReply {
                try await world.scheduler.sleep(ms: configuration.replyLimitMs)
                return .uncertain("sim did not answer")
            }
            return .known(view)
        } catch {
            return .uncertain("sim: \(error)")
        }
    }

    private func change(
        _ paymentID: UUID, _ move: @escaping @Sendable (inout SimPayment, Instant) -> Void
    ) async -> ProviderAnswer {
        guard !isAway() else { return .unavailable("sim is away") }
        return await answer {
            try await self.record { batch, webhooks in
                guard var payment = try batch.find(SimPaymentRow.self, paymentID)?.payment else {
                    return .unknownPayment
                }
                let before = payment
                move(&payment, batch.now)
                if payment != before {
                    try batch.update(SimPaymentRow(payment))
                    try webhooks.record(payment, before: before, in: batch)
                }
                return .known(payment.view(at: batch.now))
            }
        }
    }

    /// One commit of the journal, after which the sender looks whether there is something to tell.
    private func record<Value: Sendable>(
        _ change: @escaping @Sendable (Batch, SimWebhooks) throws -> Value
    ) async throws -> Value {
        defer { if webhooks.areSent { bell.ring() } }
        return try await journal.write { [webhooks] in try change($0, webhooks) }
    }

    private func answer(
        _ work: @Sendable () async throws -> ProviderAnswer
    ) async -> ProviderAnswer {
        do { return try await work() } catch { return .uncertain("sim: \(error)") }
    }

    private func isAway() -> Bool {
        guard configuration.unavailableBp > 0 else { return false }
        let count = calls.wrappingAdd(1, ordering: .relaxed).newValue
        return SimDraw(seed: configuration.seed, count: count).basisPoint
            < configuration.unavailableBp
    }
}
