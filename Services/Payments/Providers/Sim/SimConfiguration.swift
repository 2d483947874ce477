public import Lifecycle

/// How `sim` behaves. Rates are in basis points (1/100 of a percent) and apply to `sim_ok`; every
/// draw comes from the seed.
public struct SimConfiguration: Sendable, Equatable {
    public var seed: UInt64
    public var declinedBp: UInt64
    public var slowBp: UInt64
    public var lostReplyBp: UInt64
    public var lateBp: UInt64
    public var actionBp: UInt64
    /// Any call: nothing is done.
    public var unavailableBp: UInt64
    /// A definite no to a refund.
    public var refundFailedBp: UInt64
    /// Events that are told of by webhook at all; 0 is no endpoint.
    public var webhookBp: UInt64
    /// Webhooks that come late, and webhooks that come twice.
    public var webhookLateBp: UInt64
    public var webhookTwiceBp: UInt64
    /// How long a slow answer takes.
    public var slowMs: Int64
    /// When a late payment's money comes.
    public var lateMs: Int64
    /// When the buyer has done what `sim_action` wants.
    public var actionMs: Int64
    /// How long somebody waits for an answer that never comes.
    public var replyLimitMs: Int64
    /// How late a late webhook is at most.
    public var webhookLateMs: Int64
    /// How long an authorisation stands: 7 days.
    public var authorisationMs: Int64

    public init(
        seed: UInt64 = 1, declinedBp: UInt64 = 0, slowBp: UInt64 = 0, lostReplyBp: UInt64 = 0,
        lateBp: UInt64 = 0, actionBp: UInt64 = 0, unavailableBp: UInt64 = 0,
        refundFailedBp: UInt64 = 0, webhookBp: UInt64 = 0, webhookLateBp: UInt64 = 0,
        webhookTwiceBp: UInt64 = 0, slowMs: Int64 = 2_000, lateMs: Int64 = 20_000,
        actionMs: Int64 = 3_000, replyLimitMs: Int64 = 3_000, webhookLateMs: Int64 = 5_000,
        authorisationMs: Int64 = 604_800_000
    ) {
        self.seed = seed
        self.declinedBp = declinedBp
        self.slowBp = slowBp
        self.lostReplyBp = lostReplyBp
        self.lateBp = lateBp
        self.actionBp = actionBp
        self.unavailableBp = unavailableBp
        self.refundFailedBp = refundFailedBp
        self.webhookBp = webhookBp
        self.webhookLateBp = webhookLateBp
        self.webhookTwiceBp = webhookTwiceBp
        self.slowMs = slowMs
        self.lateMs = lateMs
        self.actionMs = actionMs
        self.replyLimitMs = replyLimitMs
        self.webhookLateMs = webhookLateMs
        self.authorisationMs = authorisationMs
    }

    /// Reads `name=number` pairs, such as `seed=7,lostReplyBp=50,slowMs=500`; the names are those
    /// of the properties.
    public init(parsing text: String) throws {
        self.init()
        // Our own names, which an operator types.
        let rates: [String: WritableKeyPath<SimConfiguration, UInt64>] = [
            "seed": \.seed, "declinedBp": \.declinedBp, "slowBp": \.slowBp,
            "lostReplyBp": \.lostReplyBp, "lateBp": \.lateBp, "actionBp": \.actionBp,
            "unavailableBp": \.unavailableBp, "refundFailedBp": \.refundFailedBp,
            "webhookBp": \.webhookBp, "webhookLateBp": \.webhookLateBp,
            "webhookTwiceBp": \.webhookTwiceBp,
        ]
        // The same.
        let durations: [String: WritableKeyPath<SimConfiguration, Int64>] = [
            "slowMs": \.slowMs, "lateMs": \.lateMs, "actionMs": \.actionMs,
            "replyLimitMs": \.replyLimitMs, "webhookLateMs": \.webhookLateMs,
            "authorisationMs": \.authorisationMs,
        ]
        for pair in text.split(separator: ",") {
            let parts = pair.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2, let number = UInt64(parts[1]) else {
                throw Problem(description: "TURNSTILE_SIM: \"\(pair)\" is no name=number")
            }
            if let rate = rates[parts[0]], parts[0] == "seed" || number <= 10_000 {
                self[keyPath: rate] = number
            } else if let duration = durations[parts[0]], let ms = Int64(exactly: number) {
                self[keyPath: duration] = ms
            } else {
                let names = (rates.keys.sorted() + durations.keys.sorted()).joined(separator: ", ")
                throw Problem(
                    description:
                        "TURNSTILE_SIM: \(pair) cannot be; there are: \(names), Bp up to 10000")
            }
        }
    }

    /// A setting that cannot be used.
    public struct Problem: SettingError, CustomStringConvertible {
        public let description: String

        public var isOfSetting: Bool { true }
    }
}
