import Contracts
import RPC

/// One attempt while its buyer is at it, with what they remember of the answers.
struct Visit: Sendable {
    var attempt: Attempt
    /// When the first question was asked: uptime in nanoseconds, as all times here.
    let start: UInt64
    /// Of the checkout, as last seen.
    var version: Int64 = 0
    /// When the time to pay is over, by the last answer that said so.
    var holdEnds: UInt64?

    init(_ attempt: Attempt, start: UInt64) {
        self.attempt = attempt
        self.start = start
    }

    var isOver: Bool { attempt.outcome != .unknown }

    mutating func note(_ reply: CheckoutReply, at now: UInt64) {
        version = reply.version
        attempt.milliseconds = Double(now - start) / 1_000_000
        if let payment = reply.payment?.paymentId ?? reply.order?.paymentId,
            !attempt.payments.contains(payment)
        {
            attempt.payments.append(payment)
        }
        guard let outcome = Attempt.outcome(of: reply) else {
            attempt.reason = "\(reply.state.word) \(reply.parkReason ?? "")"
            if let leftMs = reply.expiresInMs { holdEnds = now + UInt64(leftMs) * 1_000_000 }
            return
        }
        attempt.outcome = outcome
        attempt.reason = outcome == .completed ? nil : reply.problem?.reason ?? reply.state.word
        attempt.isAfterTime = holdEnds.map { now > $0 } ?? false
    }

    /// A refusal that ends the attempt.
    mutating func end(_ refusal: RPCError, at now: UInt64) {
        attempt.milliseconds = Double(now - start) / 1_000_000
        attempt.reason = refusal.reason.name
        attempt.outcome = Attempt.outcome(of: refusal) ?? .unknown
    }
}
