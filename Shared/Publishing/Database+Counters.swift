public import Lifecycle
public import Storage

extension Database {
    /// What every service's Stats counts: what the process counted, and what its store did.
    public func counters(with metrics: Metrics) -> [String: Int64] {
        var counters = Dictionary(metrics.counters().map { ($0.name, $0.value) }) { $1 }
        let statistics = statistics
        counters["storage.commits"] = statistics.commits
        counters["storage.statements"] = statistics.statements
        counters["storage.syncs"] = statistics.syncs
        counters["storage.roundTrips"] = statistics.roundTrips
        counters["feed.head"] = feed.head
        return counters
    }
}
