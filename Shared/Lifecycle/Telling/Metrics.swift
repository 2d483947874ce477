import Synchronization

/// Counters of one process, by name. Reading gives a snapshot in order of name.
public final class Metrics: Sendable {
    private let values = Mutex<[String: Int64]>([:])

    public init() {}

    public func count(_ name: String, by amount: Int64 = 1) {
        values.withLock { $0[name, default: 0] &+= amount }
    }

    /// Sets a gauge: a counter that is what it was last told.
    public func gauge(_ name: String, _ value: Int64) {
        values.withLock { $0[name] = value }
    }

    public func counters() -> [(name: String, value: Int64)] {
        values.withLock(\.self).sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }
}
