public import Contracts
public import Lifecycle
public import RPC
public import Storage

extension Router {
    /// What every service answers in the same way: its feed, its clock, its counters, its health.
    ///
    /// - Parameters:
    ///   - settingClock: comes before the store's own clock is set.
    ///   - counters: those beside what the process and its store count.
    public mutating func handleStandard(
        _ api: (some ServiceAPI).Type, of database: Database, world: World,
        settingClock: @escaping @Sendable () async throws -> Void = {},
        counters: @escaping @Sendable () async throws -> [String: Int64] = { [:] }
    ) {
        handle(api.readEvents) { try await database.feed.page($0, $1, on: world.scheduler) }
        handle(api.setClock) { request, call in
            try await settingClock()
            return try await database.setClock(request, call, world.log)
        }
        handle(api.stats) { _, _ in
            let own = database.counters(with: world.metrics)
            return StatsReply(counters: own.merging(try await counters()) { $1 })
        }
        handle(api.health) { _, _ in try await database.health() }
    }
}
