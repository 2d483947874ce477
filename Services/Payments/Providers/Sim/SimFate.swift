import FoundationEssentials

/// What becomes of a payment at `sim`: the buyer's token says it, or for `sim_ok` the rates do.
enum SimFate: String, Sendable {
    case ok = "sim_ok"
    case declined = "sim_declined"
    case slow = "sim_slow"
    /// Done, but the answer never comes.
    case lostReply = "sim_lost_reply"
    /// Processing for a while, then captured, even when it was voided meanwhile.
    case late = "sim_late"
    /// Wants the buyer, who acts a little later.
    case action = "sim_action"
    /// A token that `sim` never gave out.
    case unknownToken = "unknown"

    /// Drawn from the seed and the payment, so that the same key has the same fate after a crash.
    /// Without a token the buyer is asked on the provider's page.
    static func of(
        _ method: String?, _ paymentID: UUID, _ configuration: SimConfiguration
    ) -> SimFate {
        guard let method else { return .action }
        guard let fate = SimFate(rawValue: method), fate != .unknownToken else {
            return .unknownToken
        }
        guard fate == .ok else { return fate }
        var draw = SimDraw(seed: configuration.seed, paymentID).basisPoint
        let rates: [(SimFate, UInt64)] = [
            (.declined, configuration.declinedBp), (.slow, configuration.slowBp),
            (.lostReply, configuration.lostReplyBp), (.late, configuration.lateBp),
            (.action, configuration.actionBp),
        ]
        for (fate, rate) in rates {
            if draw < rate { return fate }
            draw -= rate
        }
        return .ok
    }
}

/// What becomes of an event of `sim` on its way: the rates say it, so that the same event has the
/// same fate after a crash.
struct SimEventFate: Equatable {
    static let mostSendings = 2

    /// By how many milliseconds each sending is late; none when nobody hears of it.
    let sendings: [Int64]

    init(of eventID: UUID, _ configuration: SimConfiguration) {
        func draw(_ number: UInt64) -> UInt64 {
            SimDraw(seed: configuration.seed &+ number, eventID).basisPoint
        }
        func lateMs(_ draw: UInt64) -> Int64 {
            Int64(clamping: Int128(configuration.webhookLateMs) * Int128(draw + 1) / 10_000)
        }
        guard draw(1) < configuration.webhookBp else {
            sendings = []
            return
        }
        let first = draw(2) < configuration.webhookLateBp ? lateMs(draw(3)) : 0
        guard draw(4) < configuration.webhookTwiceBp else {
            sendings = [first]
            return
        }
        // One half of the second sendings goes out together with the first.
        let (second, overflow) = first.addingReportingOverflow(
            draw(5) < 5_000 ? 0 : lateMs(draw(6)))
        sendings = [first, overflow ? .max : second]
    }
}

/// One draw that depends on nothing but the seed and an id (the finisher of SplitMix64; Steele,
/// Lea, Flood 2014).
struct SimDraw {
    private let bits: UInt64

    init(seed: UInt64, _ id: UUID) {
        let halves = withUnsafeBytes(of: id.uuid) { bytes in
            (
                bytes.loadUnaligned(as: UInt64.self),
                bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
            )
        }
        bits = SimDraw.mix(SimDraw.mix(SimDraw.mix(seed) ^ halves.0) ^ halves.1)
    }

    init(seed: UInt64, count: UInt64) { bits = SimDraw.mix(SimDraw.mix(seed) ^ count) }

    /// 0 ..< 10,000
    var basisPoint: UInt64 { bits.multipliedFullWidth(by: 10_000).high }

    private static func mix(_ value: UInt64) -> UInt64 {
        var z = value &+ 0x9e37_79b9_7f4a_7c15
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
