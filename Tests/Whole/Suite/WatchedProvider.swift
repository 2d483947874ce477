import Contracts
import FoundationEssentials
import Lifecycle
import Payments
import RPC
import Support
import Synchronization

/// `sim` under the eyes of the test: what it is asked and when, and in its stead what it says that
/// a payment is. A service that calls it may die of it.
final class WatchedProvider: WebhookProvider {
    /// What the provider was asked, and when.
    struct Question: Sendable, Equatable {
        let name: String
        let at: Instant
    }

    private struct State {
        var questions: [Question] = []
        var view: ProviderPayment?
        var sim: SimProvider?
    }

    let name = "sim"
    private let clock: any WallClock
    private let crossings: Crossings
    private let state = Mutex(State())

    init(_ clock: any WallClock, _ crossings: Crossings) {
        self.clock = clock
        self.crossings = crossings
    }

    /// From now on this one answers: it lives and dies with its service, and its journal stays.
    func become(_ sim: SimProvider) { state.withLock { $0.sim = sim } }

    /// What whoever reads a payment is told from now on, whatever it is.
    func tell(_ view: ProviderPayment) { state.withLock { $0.view = view } }

    /// All questions so far.
    var questions: [Question] { state.withLock { $0.questions } }

    // MARK: WebhookProvider

    func authorise(_ charge: Charge, key: ProviderKey) async -> ProviderAnswer {
        await answer("authorise") { await $0.authorise(charge, key: key) }
    }

    func sale(_ charge: Charge, key: ProviderKey) async -> ProviderAnswer {
        await answer("sale") { await $0.sale(charge, key: key) }
    }

    func capture(
        _ paymentID: UUID, amount: Money, key: ProviderKey
    ) async -> ProviderAnswer {
        await answer("capture") { await $0.capture(paymentID, amount: amount, key: key) }
    }

    func void(_ paymentID: UUID, key: ProviderKey) async -> ProviderAnswer {
        await answer("void") { await $0.void(paymentID, key: key) }
    }

    func fetch(_ paymentID: UUID) async -> ProviderAnswer {
        await answer("fetch") { [view = state.withLock { $0.view }] sim in
            if let view { return .known(view) }
            return await sim.fetch(paymentID)
        }
    }

    func refund(_ paymentID: UUID, amount: Money, key: ProviderKey) async -> RefundAnswer {
        await ask("refund") { await $0.refund(paymentID, amount: amount, key: key) }
            ?? .uncertain("nobody is there")
    }

    func parse(_ webhook: ProviderWebhook, now: Instant) throws(RPCError) -> ProviderEvent {
        guard let sim = state.withLock({ $0.sim }) else {
            throw RPCError(.unavailable, "nobody is there")
        }
        return try sim.parse(webhook, now: now)
    }

    func jobs(endpoint: @escaping WebhookEndpoint) -> [any Service] {
        state.withLock { $0.sim }?.jobs(endpoint: endpoint) ?? []
    }

    private func answer(
        _ question: String, _ body: (SimProvider) async -> ProviderAnswer
    ) async -> ProviderAnswer {
        await ask(question, body) ?? .uncertain("nobody is there")
    }

    private func ask<Answer: Sendable>(
        _ question: String, _ body: (SimProvider) async -> Answer
    ) async -> Answer? {
        let sim = state.withLock { state in
            state.questions.append(Question(name: question, at: clock.now()))
            return state.sim
        }
        guard let sim else { return nil }
        return try? await crossings.cross(from: "payments", to: name, question) {
            await body(sim)
        }
    }
}
