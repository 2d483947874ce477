import Contracts
import FoundationEssentials
import Lifecycle
import Payments
import RPC

/// `sim` behind a bad line: it does what it is asked, and now and then the answer is lost.
struct ForgetfulProvider: WebhookProvider {
    let sim: SimProvider
    /// The same once nothing goes wrong any more: it refuses no refund.
    let recovered: SimProvider
    let network: SimulatedNetwork

    var name: String { sim.name }

    func authorise(_ charge: Charge, key: ProviderKey) async -> ProviderAnswer {
        heard(await sim.authorise(charge, key: key))
    }

    func sale(_ charge: Charge, key: ProviderKey) async -> ProviderAnswer {
        heard(await sim.sale(charge, key: key))
    }

    func capture(_ paymentID: UUID, amount: Money, key: ProviderKey) async -> ProviderAnswer {
        heard(await sim.capture(paymentID, amount: amount, key: key))
    }

    func void(_ paymentID: UUID, key: ProviderKey) async -> ProviderAnswer {
        heard(await sim.void(paymentID, key: key))
    }

    func fetch(_ paymentID: UUID) async -> ProviderAnswer { heard(await sim.fetch(paymentID)) }

    func refund(_ paymentID: UUID, amount: Money, key: ProviderKey) async -> RefundAnswer {
        let provider = network.isCalm ? recovered : sim
        let answer = await provider.refund(paymentID, amount: amount, key: key)
        return network.strikes(.answerLost) ? .uncertain("the line broke") : answer
    }

    func parse(_ webhook: ProviderWebhook, now: Instant) throws(RPCError) -> ProviderEvent {
        try sim.parse(webhook, now: now)
    }

    private func heard(_ answer: ProviderAnswer) -> ProviderAnswer {
        network.strikes(.answerLost) ? .uncertain("the line broke") : answer
    }
}
