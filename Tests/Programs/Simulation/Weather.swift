import Lifecycle
import Support
import Wire

/// What can go wrong, and how often it does in one history: some kinds never, each of the others at
/// a rate of its own.
struct Weather: Sendable {
    enum Kind: String, CaseIterable, Sendable {
        // On the network.
        case frameLost = "message lost"
        case frameDoubled = "message doubled"
        case frameHeld = "message held, overtaken by later ones"
        case linkSlow = "connection stalled"
        case linkCut = "connection cut"
        case partition = "partition, both ways"
        case oneWay = "partition, one way"
        // On the machines.
        case death = "service killed, half of them by a power cut"
        case deathAtWork = "service killed just after it was sent something"
        case deathAtOnce = "all services killed at once"
        case clockJump = "clock jumped"
        case clockSkew = "clock wrong from the start"
        case diskFull = "disk full for a while"
        // At the provider.
        case provider = "provider slow, silent, late or away"
        case answerLost = "provider's answer lost"
        case webhook = "webhook late, doubled, out of order"
    }

    /// In ten thousand, or 0 for what does not happen.
    private let rates: [Kind: UInt64]

    /// Nothing at all goes wrong.
    static let calm = Weather(rates: [:])

    let isCalm: Bool

    private init(rates: [Kind: UInt64]) {
        self.rates = rates
        isCalm = rates.isEmpty
    }

    init(_ random: SeededRandom) {
        var rates: [Kind: UInt64] = [:]
        for kind in Kind.allCases where random.below(10) < 6 {
            rates[kind] = 1 + random.below(Self.most(kind))
        }
        self.init(rates: rates)
    }

    /// The highest rate that is drawn: of frames, of seconds for machines, of answers for the
    /// provider's line, of histories for the rest.
    private static func most(_ kind: Kind) -> UInt64 {
        switch kind {
        case .frameLost, .frameDoubled: 300
        case .frameHeld: 2_000
        case .linkSlow: 1_500
        case .linkCut: 100
        case .partition, .oneWay: 600
        case .death: 1_500
        case .deathAtOnce: 300
        case .deathAtWork: 800
        case .answerLost: 4_000
        case .clockJump, .diskFull: 500
        case .clockSkew, .provider, .webhook: 10_000
        }
    }

    func without(_ kinds: [Kind]) -> Weather {
        Weather(rates: rates.filter { !kinds.contains($0.key) })
    }

    func rate(_ kind: Kind) -> UInt64 { rates[kind] ?? 0 }

    func happens(_ kind: Kind, _ random: SeededRandom) -> Bool {
        let rate = rate(kind)
        return rate > 0 && random.below(10_000) < rate
    }
}

/// What was done to a history, by kind, and how many calls there were to do it to.
struct Toll: Sendable {
    private(set) var injected: [String: Int] = [:]
    /// Calls made in bad weather, and those of them whose request, answer or connection something
    /// happened to.
    var calls = 0
    var callsMet = 0

    mutating func add(_ kind: Weather.Kind) { injected[kind.rawValue, default: 0] += 1 }
}
