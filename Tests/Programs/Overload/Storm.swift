import Lifecycle
import Processes

/// Orders is gone for two seconds, and all its callers want to try again.
enum Storm {
    static let section = Section(
        name: "storm", title: "overload: retry storm of a restarted service", run: run)

    private static let callers = 200
    private static let connections = 8
    private static let awayMs: Int64 = 2_000
    private static let recoveryMs: Int64 = 5_000
    /// 0.1 s × 1.6 each time: in twice as long as it is away there is no room for more.
    private static let mostConnects = 8

    private static func run(_ rig: Rig) async throws -> Finding {
        let crowd = try Crowd(rig, as: "gateway", connections: connections)
        defer { crowd.close() }
        let buy = rig.choice.buy(attempts: 3)
        let normal = try await crowd.closed(callers: callers, ms: 2_000, buy)
        let (retries, connects) = (crowd.retries, crowd.network.connects)
        let began = nanoseconds()
        async let storm = crowd.closed(callers: callers, ms: awayMs + recoveryMs + 1_000, buy)
        try await rig.world.scheduler.sleep(ms: 500)
        await rig.suite.kill(.orders)
        try await rig.world.scheduler.sleep(ms: awayMs)
        try await rig.suite.start(.orders)
        let back = nanoseconds()
        let tally = try await storm
        let recovered = tally.firstMs(after: back, atLeast: 0.8 * normal.rate)
        let trouble = tally.samples.count { (began...back).contains($0.ended) }
        let tries = Double(crowd.retries - retries) / Double(max(1, tally.samples.count))
        let reconnects = crowd.network.connects - connects
        return Finding(
            injected: tally.samples.count { $0.ending != .done },
            checks: [
                .figure(
                    (recovered ?? .max) <= recoveryMs,
                    "80 % of its \(normal.rate.short)/s again "
                        + "\(recovered.map { "\($0) ms" } ?? "never") after its return (5 s)"),
                .always(
                    tries <= 0.1,
                    "\(crowd.retries - retries) of \(tally.samples.count) calls asked again "
                        + "(10 %), \(trouble) calls before its return"),
                .always(
                    reconnects <= connections * mostConnects,
                    "\(reconnects) connects of \(connections) clients (8 each)"),
                .always(
                    tally.count(\.isRefused) == 0, "no purchase refused [\(tally.summary)]"),
                try await rig.isWhole(),
            ])
    }
}

extension Tally {
    /// How long after `moment` the first half second began in which calls were done at this rate.
    func firstMs(after moment: UInt64, atLeast rate: Double) -> Int64? {
        let ends = samples.filter { $0.ending == .done && $0.ended >= moment }.map(\.ended).sorted()
        let wanted = max(1, Int(rate / 2))
        for (index, end) in ends.enumerated() where index + wanted <= ends.count {
            if ends[index + wanted - 1] - end <= 500_000_000 {
                return Int64((end - moment) / 1_000_000)
            }
        }
        return nil
    }
}
