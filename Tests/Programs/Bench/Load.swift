import Processes

/// What the services of a load have used up so far, all together.
struct Costs: Sendable {
    var processor: UInt64 = 0
    var syncs: Int64 = 0
    var statements: Int64 = 0
}

/// What one stretch of load did, costs counted per call.
struct Load {
    let rate: Double
    let latencies: [UInt64]
    let processorMicroseconds: Double
    let syncs: Double
    let statements: Double

    /// Lets so many callers call, each as soon as it was answered, for some milliseconds.
    init(
        callers: Int, milliseconds: UInt64, costs: () async throws -> Costs,
        _ call: @escaping @Sendable (_ caller: Int) async throws -> Void
    ) async throws {
        let before = try await costs()
        let start = nanoseconds()
        let end = start + milliseconds * 1_000_000
        latencies = try await withThrowingTaskGroup(of: [UInt64].self) { group in
            for caller in 0..<callers {
                group.addTask {
                    var latencies: [UInt64] = []
                    var sent = nanoseconds()
                    while sent < end {
                        try await call(caller)
                        let now = nanoseconds()
                        latencies.append(now - sent)
                        sent = now
                    }
                    return latencies
                }
            }
            return try await group.reduce([], +)
        }
        let seconds = Double(nanoseconds() - start) / 1e9
        let after = try await costs()
        let calls = Double(max(1, latencies.count))
        rate = calls / seconds
        processorMicroseconds = Double(after.processor - before.processor) / 1_000 / calls
        syncs = Double(after.syncs - before.syncs) / calls
        statements = Double(after.statements - before.statements) / calls
    }
}

extension [Load] {
    /// What many callers at once came to.
    func figures(_ name: String, baselines: [Double] = []) -> [Figure] {
        [Figure(name: name, unit: "calls/s", runs: map(\.rate), baselines: baselines)]
            + latencies(name) + [
                .lower("\(name).cpu", "us a call", map(\.processorMicroseconds)),
                .lower("\(name).syncs", "a call", map(\.syncs)),
                .lower("\(name).statements", "a call", map(\.statements)),
            ]
    }

    func latencies(_ name: String) -> [Figure] {
        [
            .lower("\(name).p50", "us", map(\.latencies.p50Microseconds)),
            .lower("\(name).p99", "us", map(\.latencies.p99Microseconds)),
        ]
    }

    /// What one caller came to, beside the least that it must wait for.
    func oneByOne(_ name: String, least waits: [Double]) -> [Figure] {
        [
            .lower("\(name).p50", "us", map(\.latencies.p50Microseconds), baselines: waits),
            .lower("\(name).syncs", "a call", map(\.syncs)),
            .lower("\(name).statements", "a call", map(\.statements)),
        ]
    }
}

extension [UInt64] {
    /// What all but one in a hundred stay below, in microseconds.
    var p99Microseconds: Double {
        isEmpty ? 0 : Double(sorted()[count * 99 / 100]) / 1_000
    }
}
