import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Storage
import Text

/// Talks to providers, with the intent committed before each call and the answer after it: that of
/// a payment's first call by `PaymentStore.create`, those of later ones by `perform`. What is
/// uncertain is asked again under the same key until it is known: here while a caller waits, then
/// by the `SettleJob`.
struct Cashier: Sendable {
    let world: World
    let store: PaymentStore
    /// By name.
    let providers: [ByteText: any PaymentProvider]

    /// By their names.
    var inOrder: [any PaymentProvider] { providers.values.sorted { $0.name < $1.name } }

    /// What is due of one provider waits for no other.
    var lanes: [Lane] { Lane.each(providers.keys.map(\.string)) }

    /// Captures or voids a payment that is there: commits the intent that `rule` gives, and settles
    /// it. A call that was pending before is settled first.
    ///
    /// - Parameters:
    ///   - rule: gives the intent, nil when nothing is left to do, or throws the refusal.
    ///   - deadline: the scheduler's uptime in nanoseconds when the caller stops to wait.
    /// - Returns: the payment, with nothing pending.
    /// - Throws: the rule's refusal, `PROVIDER_UNCERTAIN`, `PROVIDER_UNAVAILABLE`.
    func perform(
        _ operation: Payment.Operation, until deadline: UInt64,
        _ commit: @Sendable (@escaping PaymentRule) async throws -> Payment,
        _ rule: @escaping PaymentRule
    ) async throws -> Payment {
        while true {
            let payment = try await commit { payment, now in
                payment.operation == nil
                    ? try rule(payment, now) : PaymentRules.age(payment, now: now)
            }
            guard let pending = payment.operation else { return payment }
            let settled = try await settle(payment, until: deadline)
            if pending == operation {
                // Only for its refusal: the time would matter to an intent, and there is none.
                _ = try rule(settled, store.database.now)
                return settled
            }
        }
    }

    /// Makes the pending call, again until its answer is committed.
    func settle(_ payment: Payment, until deadline: UInt64) async throws -> Payment {
        var payment = payment
        var tries: Int64 = 0
        while payment.operation != nil {
            let answer = await ask(payment)
            if case .known(let seen) = answer {
                payment = try await observe(payment.paymentID, seen)
                if payment.operation == nil { break }
            }
            let pause = PaymentTimes.retryMs(tries: tries)
            guard world.scheduler.uptimeNanoseconds &+ UInt64(pause) * 1_000_000 < deadline else {
                throw unanswered(answer)
            }
            try await world.scheduler.sleep(ms: pause)
            tries += 1
        }
        return payment
    }

    /// Makes the pending call, or reads the payment when none is pending.
    func ask(_ payment: Payment) async -> ProviderAnswer {
        let name = payment.operation?.rawValue ?? "FETCH"
        world.failpoint.reach("provider.\(name).asking")
        let answer = await answer(payment)
        world.failpoint.reach("provider.\(name).answered")
        return answer
    }

    private func answer(_ payment: Payment) async -> ProviderAnswer {
        guard let terms = payment.terms, let provider = providers[ByteText(terms.provider)] else {
            return .unavailable("the provider is not configured")
        }
        let id = payment.paymentID
        let charge = Charge(paymentID: id, amount: terms.amount, method: payment.method)
        switch payment.operation {
        case .authorise:
            return await provider.authorise(charge, key: ProviderKey(id, .authorise))
        case .sale:
            return await provider.sale(charge, key: ProviderKey(id, .sale))
        case .capture:
            return await provider.capture(
                id, amount: terms.amount, key: ProviderKey(id, .capture))
        case .void:
            // What the provider has never heard of cannot be paid there.
            let answer = await provider.void(id, key: ProviderKey(id, .void))
            return answer.orWhenUnknown(.voided, terms.amount)
        case .find:
            let never = ProviderPayment.Status.declined(
                reason: "never_arrived", isRetryable: true, isFinal: true)
            return await provider.fetch(id).orWhenUnknown(never, terms.amount)
        case nil: return await provider.fetch(id)
        }
    }

    /// Commits what the provider says the payment is.
    @discardableResult
    func observe(_ paymentID: UUID, _ seen: ProviderPayment) async throws -> Payment {
        try await store.decide(paymentID) { Observation.apply(seen, to: $0, now: $1) }
    }

    /// Reads a payment at its provider because a webhook told of it, and commits what is news; then
    /// asks again for those of its refunds whose answer is not known.
    func follow(_ payment: Payment) async throws -> WebhookLook {
        guard let provider = payment.terms.flatMap({ providers[ByteText($0.provider)] }) else {
            return .unanswered
        }
        switch await provider.fetch(payment.paymentID) {
        case .known(let seen):
            try await store.decide(payment.paymentID) { Observation.hear(seen, of: $0, now: $1) }
            for refund in try await store.unansweredRefunds(of: payment.paymentID) {
                _ = try await pay(back: refund)
            }
            return .applied
        case .unknownPayment: return .unknownThere
        case .uncertain, .unavailable: return .unanswered
        }
    }

    /// Asks once for a refund that is owed, and commits the answer.
    func pay(back refund: Refund) async throws -> Refund {
        guard refund.nextTryAt != nil else { return refund }
        guard let provider = providers[ByteText(refund.provider)] else {
            return try await store.settle(refund, .unavailable("the provider is not configured"))
        }
        let answer = await provider.refund(
            refund.paymentID, amount: refund.amount, key: refund.key)
        world.failpoint.reach("provider.REFUND.answered")
        return try await store.settle(refund, answer)
    }

    private func unanswered(_ answer: ProviderAnswer) -> RPCError {
        if case .unavailable(let why) = answer {
            return RPCError(.providerUnavailable, why, retryAfterMs: 1_000)
        }
        return RPCError(.providerUncertain, "the provider has not answered", retryAfterMs: 1_000)
    }
}

extension ProviderAnswer {
    fileprivate func orWhenUnknown(
        _ status: ProviderPayment.Status, _ amount: Money
    ) -> ProviderAnswer {
        self == .unknownPayment ? .known(ProviderPayment(status, amount: amount)) : self
    }
}

/// What to do with a payment at a time; nil is nothing.
typealias PaymentRule = @Sendable (Payment, Instant) throws -> PaymentChange?
