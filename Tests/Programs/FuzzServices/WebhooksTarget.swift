import Contracts
import Crypto
import FoundationEssentials
import Fuzz
import Lifecycle
import Payments
import RPC
import Support

/// Requests that claim to come from `sim`. What it has not signed is refused; what it has is taken
/// in, or refused for its body or its age. The settings of `sim` are read here too.
///
/// Input: who signs, how old it is, how the headers look, the text of a header, the body.
final class WebhooksTarget: FuzzTarget {
    private let houses = HouseKeeper(mostInputs: 2_000)

    func run(_ input: [UInt8]) {
        do {
            let house = try houses.house(for: input)
            var choices = Choices(input)
            let flags = choices.byte()
            guard flags % 16 != 15 else {
                let text = String(decoding: choices.rest(), as: UTF8.self)
                _ = try? SimConfiguration(parsing: text)
                return
            }
            try check(flags, &choices, house)
        } catch { must(false, "Payments does not come to an end: \(error)") }
    }

    private func check(_ flags: UInt8, _ choices: inout Choices, _ house: House) throws {
        let isSigned = flags % 4 != 3
        let age = [0, 0, 0, -300, 299, 301, -301, 86_400][Int(flags >> 4) % 8]
        let text = String(decoding: choices.upToZero(), as: UTF8.self)
        let body = choices.rest()
        let seconds = house.world.now.milliseconds / 1_000 - Int64(age)
        let name = flags & 0x80 == 0 ? "sim-signature" : "Sim-Signature"
        let value = isSigned ? signature(of: body, at: seconds, and: text) : text
        let webhook = ProviderWebhook(
            headers: [WebhookHeader("accept", "*/*"), WebhookHeader(name, value)], rawBody: body)
        let event = Result { try house.sim.parse(webhook, now: house.world.now) }
        switch event {
        case .success(let event):
            must(isSigned, "an unsigned webhook was believed: \(value)")
            must((-300...300).contains(age), "a webhook of \(age) s was believed")
            must(event.id.utf8.count <= WebhookLimits.idBytes, "the id is too long: \(event)")
            try takeIn(webhook, house)
        case .failure(let error):
            let reason = (error as? RPCError)?.reason
            let known: [Reason] = [.signatureInvalid, .signatureStale, .webhookMalformed]
            must(reason.map(known.contains) == true, "refused for another reason: \(error)")
            must(isSigned || reason == .signatureInvalid, "unsigned, but refused for \(error)")
            let isGood = isSigned && text.isEmpty && (-300...300).contains(age)
            must(!isGood || reason == .webhookMalformed, "well signed, but refused: \(error)")
        }
    }

    /// As `sim` writes it, with something else before or behind it at times.
    private func signature(of body: [UInt8], at seconds: Int64, and more: String) -> String {
        let code = Digest.hmac(
            key: House.webhookSecret, Array("\(seconds).".utf8) + body
        ).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        return "t=\(seconds),v1=\(code)" + (more.isEmpty ? "" : "," + more)
    }

    /// The same event is one, however often it comes.
    private func takeIn(_ webhook: ProviderWebhook, _ house: House) throws {
        let request = IngestWebhookRequest(
            provider: "sim", headers: webhook.headers, rawBody: Data(webhook.rawBody))
        try house.scheduler.run {
            for isSecond in [false, true] {
                let reply = try await house.payments.call(PaymentsAPI.ingestWebhook, request)
                must(reply.accepted, "not accepted")
                must(!isSecond || reply.duplicate, "the second is no duplicate")
            }
        }
    }
}
