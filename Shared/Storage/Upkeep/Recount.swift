internal import FoundationEssentials
public import Lifecycle

/// Counts in full, at the start and once an hour, what is kept as a count or a sum, and adds what
/// is missing: an instance of a release before there was one, working beside this one, changes
/// none.
public struct Recount<Difference: Sendable>: Service {
    private static var everyMs: Int64 { 3_600_000 }

    public let name = "recount"
    private let database: Database
    private let world: World
    private let begin: @Sendable (Batch) throws -> Void
    private let find: @Sendable (Reader) throws -> [Difference]
    private let add: @Sendable (Batch, Difference) throws -> Void

    /// - Parameters:
    ///   - begin: makes room where nothing is kept, so that what changes from then on is counted.
    ///   - find: what a full count has more than is kept.
    public init(
        in database: Database, world: World,
        after begin: @escaping @Sendable (Batch) throws -> Void = { _ in },
        of find: @escaping @Sendable (Reader) throws -> [Difference],
        adding add: @escaping @Sendable (Batch, Difference) throws -> Void
    ) {
        self.database = database
        self.world = world
        self.begin = begin
        self.find = find
        self.add = add
    }

    public func run() async throws {
        repeat {
            do { try await recount() } catch {
                world.log.warning("recount_failed", ["error": "\(error)"])
            }
        } while (try? await world.scheduler.sleep(ms: Self.everyMs)) != nil
    }

    /// Both counts are of one moment, and what is between them stays the same, whatever happens
    /// until it is added.
    public func recount() async throws {
        try await database.write(essential: true) { [begin] in try begin($0) }
        let missing = try await database.survey(find)
        guard !missing.isEmpty else { return }
        world.log.warning("recounted", ["differences": missing.count])
        try await database.write(essential: true) { [add] batch in
            for difference in missing { try add(batch, difference) }
        }
    }
}
