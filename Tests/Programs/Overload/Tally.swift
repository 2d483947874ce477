import Processes
import RPC
import Synchronization

/// How a call ended, as its caller sees it.
enum Ending: Sendable, Hashable {
    case done
    /// Not executed, and safe to ask again: what an overloaded service owes.
    case shed(String)
    /// A decision: it will be the same tomorrow.
    case refused(String)
    /// It may have happened.
    case unknown(String)

    init(_ error: any Error) {
        guard let error = error as? RPCError else {
            self = .unknown("\(error)")
            return
        }
        if error.executed == false, !error.isRefusal {
            self = .shed(error.reason.name)
        } else {
            self = error.isRefusal ? .refused(error.reason.name) : .unknown(error.reason.name)
        }
    }
}

/// What became of the calls of one stretch of load.
final class Tally: Sendable {
    struct Sample: Sendable {
        let began: UInt64
        let ended: UInt64
        let ending: Ending

        var milliseconds: Double { Double(ended - began) / 1e6 }
    }

    private struct State {
        var samples: [Sample] = []
        var stretch: ClosedRange<UInt64>?
    }

    private let began = nanoseconds()
    private let state = Mutex(State())

    func record(_ ending: Ending, since began: UInt64) {
        let sample = Sample(began: began, ended: nanoseconds(), ending: ending)
        state.withLock { $0.samples.append(sample) }
    }

    /// What became of other calls of the same stretch.
    func add(_ other: Tally) {
        let samples = other.samples
        state.withLock { $0.samples += samples }
    }

    /// The load has stopped; calls may still be on their way, and do not count as work done in it.
    func stop() { state.withLock { $0.stretch = began...nanoseconds() } }

    var samples: [Sample] { state.withLock { $0.samples } }

    var stretch: ClosedRange<UInt64> { state.withLock { $0.stretch } ?? began...nanoseconds() }

    /// Calls done a second, within the stretch.
    var rate: Double {
        let stretch = stretch
        let seconds = Double(stretch.upperBound - stretch.lowerBound) / 1e9
        let done = samples.count { $0.ending == .done && stretch.contains($0.ended) }
        return Double(done) / max(seconds, 0.001)
    }

    func count(_ holds: (Ending) -> Bool) -> Int { samples.count { holds($0.ending) } }

    var done: Int { count { $0 == .done } }
    var shed: Int { count(\.isShed) }
    var unknown: Int { count(\.isUnknown) }

    /// Of calls that were done, in milliseconds: what all but one in a hundred stay below.
    var p99: Double { samples.filter { $0.ending == .done }.map(\.milliseconds).p99 }
    var shedMs: [Double] { samples.filter(\.ending.isShed).map(\.milliseconds).sorted() }

    /// Each second's calls that were done, by when they began.
    func p99BySecond() -> [Double] {
        let first = stretch.lowerBound
        let seconds = Dictionary(grouping: samples.filter { $0.ending == .done }) {
            Int(($0.began - min(first, $0.began)) / 1_000_000_000)
        }
        guard let last = seconds.keys.max() else { return [] }
        return (0...last).map { seconds[$0]?.map(\.milliseconds).p99 ?? .infinity }
    }

    /// Every way to end, and how often, for progress lines.
    var summary: String {
        let counts = samples.reduce(into: [String: Int]()) { $0[$1.ending.text, default: 0] += 1 }
        return counts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
            .joined(separator: ", ")
    }
}

extension Ending {
    var isShed: Bool { if case .shed = self { true } else { false } }
    var isRefused: Bool { if case .refused = self { true } else { false } }
    var isUnknown: Bool { if case .unknown = self { true } else { false } }

    var text: String {
        switch self {
        case .done: "done"
        case .shed(let reason): "shed \(reason)"
        case .refused(let reason): "refused \(reason)"
        case .unknown(let reason): "unknown \(reason)"
        }
    }
}

extension [Double] {
    var p99: Double { isEmpty ? 0 : sorted()[Swift.min(count - 1, count * 99 / 100)] }
}
