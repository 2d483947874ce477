public import Lifecycle

/// Takes back what a clock that was ahead has written into rows: a hold that would last an hour
/// longer than was said, a payment that nobody would look at until then.
///
/// A row is decided on as it is in the batch, since it may have moved on since it was found. What
/// was made before a clock fell *behind* for minutes, and was believed, looks the same: it lasts
/// from then on as long as was said, and ends when that clock is set forward.
///
/// It looks at the start, whenever the store's time was set, and every five minutes, for what
/// another instance has left.
public struct ClockRepair<Key: Sendable>: Service {
    /// What other instances' clocks may be ahead by.
    public static var toleratedMs: Int64 { 1_000 }
    private static var everyMs: Int64 { 1_000 }
    private static var looksBetween: Int { 300 }
    private static var page: Int { 500 }

    public var name: String { "clock-repair-\(what)" }
    private let what: String
    private let database: Database
    private let world: World
    private let find: @Sendable (Reader, _ limit: Int) throws -> [Key]
    private let mend: @Sendable (Batch, Key) throws -> Void

    /// - Parameters:
    ///   - what: the table, for the log.
    ///   - find: rows whose time no right clock can have written.
    public init(
        _ what: String, in database: Database, world: World,
        of find: @escaping @Sendable (Reader, _ limit: Int) throws -> [Key],
        by mend: @escaping @Sendable (Batch, Key) throws -> Void
    ) {
        self.what = what
        self.database = database
        self.world = world
        self.find = find
        self.mend = mend
    }

    public func run() async throws {
        var sets = database.clockSets
        var looks = 0
        repeat {
            let isSet = database.clockSets != sets
            sets = database.clockSets
            if isSet || looks == 0 {
                do { try await repair() } catch {
                    world.log.warning("clock_repair_failed", ["rows": what, "error": "\(error)"])
                }
            }
            looks = (looks + 1) % Self.looksBetween
        } while (try? await world.scheduler.sleep(ms: Self.everyMs)) != nil
    }

    /// Each row is a command of its own, so that one that can't be mended keeps no other from it.
    public func repair() async throws {
        var failed: [any Error] = []
        var (mended, isMore) = (0, true)
        while isMore {
            let wrong = try await database.survey { [find] in try find($0, Self.page) }
            failed = await failures(of: wrong)
            mended += wrong.count - failed.count
            // Those that failed are found again: the others come by as long as some are mended.
            isMore = wrong.count == Self.page && failed.count < wrong.count
        }
        if mended > 0 {
            world.log.warning("clock_repaired", ["rows": what, "count": mended])
        }
        if let first = failed.first { throw first }
    }

    private func failures(of wrong: [Key]) async -> [any Error] {
        await withTaskGroup(of: (any Error)?.self) { group in
            for key in wrong {
                group.addTask { [database, mend] in
                    do {
                        try await database.write(essential: true) { try mend($0, key) }
                        return nil
                    } catch { return error }
                }
            }
            return await group.reduce(into: []) { if let error = $1 { $0.append(error) } }
        }
    }
}
