import Synchronization

/// Counters and histograms of one process, by name. Reading gives a snapshot in order of name.
public final class Metrics: Sendable {
    private struct State {
        var counters: [String: Int64] = [:]
        var histograms: [String: Histogram] = [:]
    }

    private let state = Mutex(State())

    public init() {}

    public func count(_ name: String, by amount: Int64 = 1) {
        state.withLock { $0.counters[name, default: 0] &+= amount }
    }

    /// Sets a gauge: a counter that is what it was last told.
    public func gauge(_ name: String, _ value: Int64) {
        state.withLock { $0.counters[name] = value }
    }

    public func record(_ name: String, microseconds: Int64) {
        state.withLock { $0.histograms[name, default: Histogram()].record(microseconds) }
    }

    public func counters() -> [(name: String, value: Int64)] {
        state.withLock { $0.counters }.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    public func histograms() -> [(name: String, value: Histogram)] {
        state.withLock { $0.histograms }.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }
}
