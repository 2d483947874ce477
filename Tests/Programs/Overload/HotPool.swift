import Lifecycle
import Processes

/// Everybody wants the same few tickets, and somebody wants others.
enum HotPool {
    static let section = Section(name: "hot", title: "overload: one hot pool", run: run)

    private static let places: Int64 = 500
    private static let callers = 200
    private static let bystanders = 16

    private static func run(_ rig: Rig) async throws -> Finding {
        let crowd = try Crowd(rig, as: "gateway", connections: 8)
        defer { crowd.close() }
        let others = try Crowd(rig, as: "reseller", connections: 2)
        defer { others.close() }
        let event = try await rig.event(places: places)
        async let beside = others.closed(callers: bystanders, ms: 5_000, rig.choice.buy())
        let rush = try await crowd.closed(callers: callers, ms: 5_000, event.buy(quantity: 1))
        let (calm, sold) = (try await beside, try await rig.sold(event))
        let refused = rush.count { $0 == .refused("INSUFFICIENT_INVENTORY") }
        let share = calm.rate / max(1, Double(rush.samples.count) / 5)
        // Each of them is one caller among all: their part of the calls, give or take a half.
        let fair = 0.5 * Double(bystanders) / Double(callers)
        return Finding(
            injected: rush.samples.count,
            checks: [
                .always(sold == places, "\(sold) of \(places) tickets sold"),
                .always(rush.done == Int(places), "\(rush.done) buyers of one"),
                .always(
                    rush.done + refused == rush.samples.count,
                    "\(refused) of \(rush.samples.count) told that it is sold out"
                        + (rush.done + refused == rush.samples.count ? "" : " [\(rush.summary)]")),
                .always(
                    calm.done == calm.samples.count,
                    "\(calm.done) purchases of another event, none failed"),
                .figure(
                    share >= fair,
                    "which is \(share.percent) of the hot one's calls (\(fair.percent))"),
                try await rig.isWhole(),
            ])
    }
}
