import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Synchronization

@testable import Payments

/// A provider that answers what the test says, and remembers what it was asked.
final class ScriptedProvider: WebhookProvider {
    private struct State {
        var answers: [ProviderAnswer] = []
        var refunds: [RefundAnswer] = []
        var asked: [String] = []
    }

    let name = "scripted"
    private let state = Mutex(State())

    init(_ answers: [ProviderAnswer] = [], refunds: [RefundAnswer] = []) {
        state.withLock {
            $0.answers = answers
            $0.refunds = refunds
        }
    }

    var asked: [String] { state.withLock { $0.asked } }

    /// From now on it answers so.
    func say(_ answers: [ProviderAnswer]) { state.withLock { $0.answers = answers } }

    /// The last answer is repeated for ever.
    private func answer(_ asked: String) -> ProviderAnswer {
        state.withLock { state in
            state.asked.append(asked)
            guard state.answers.count > 1 else { return state.answers.first ?? .unknownPayment }
            return state.answers.removeFirst()
        }
    }

    func authorise(_ charge: Charge, key: ProviderKey) async -> ProviderAnswer {
        answer("\(key.step) \(key.attempt)")
    }

    func sale(_ charge: Charge, key: ProviderKey) async -> ProviderAnswer {
        answer("\(key.step) \(key.attempt)")
    }

    func capture(
        _ paymentID: UUID, amount: Money, key: ProviderKey
    ) async -> ProviderAnswer { answer("\(key.step) \(key.attempt)") }

    func void(_ paymentID: UUID, key: ProviderKey) async -> ProviderAnswer {
        answer("\(key.step) \(key.attempt)")
    }

    func fetch(_ paymentID: UUID) async -> ProviderAnswer { answer("fetch") }

    func refund(_ paymentID: UUID, amount: Money, key: ProviderKey) async -> RefundAnswer {
        state.withLock { state in
            state.asked.append("\(key.step) \(key.attempt)")
            guard state.refunds.count > 1 else { return state.refunds.first ?? .succeeded }
            return state.refunds.removeFirst()
        }
    }

    /// Believes everybody. The body is the event's id, its type and perhaps a payment's id.
    func parse(_ webhook: ProviderWebhook, now: Instant) throws(RPCError) -> ProviderEvent {
        let words = String(decoding: webhook.rawBody, as: UTF8.self).split(separator: " ")
        guard words.count > 1 else { throw RPCError(.webhookMalformed, "it says nothing") }
        return ProviderEvent(
            id: String(words[0]), type: String(words[1]),
            paymentID: words.count > 2 ? UUID(uuidString: String(words[2])) : nil)
    }
}

func known(_ status: ProviderPayment.Status, amount: Int64 = 10_000) -> ProviderAnswer {
    .known(ProviderPayment(status, amount: euros(amount), fee: 165))
}
