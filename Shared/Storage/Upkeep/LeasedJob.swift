internal import FoundationEssentials
public import Lifecycle
internal import Synchronization
internal import Text
internal import Wire

/// A job that one of several instances over one database does at a time. Whoever is not heard of
/// for ten seconds has lost it to the next who asks.
///
/// The lease only keeps them from doing the same work: what a job does is decided on the rows, so
/// that one who was taken for dead and goes on for a moment does no harm.
public struct LeasedJob: Service {
    static let lastsMs: Int64 = 10_000
    private static let renewedEveryMs: Int64 = 3_000

    public var name: String { job.name }
    private let job: any Service
    private let database: Database
    private let world: World

    public init(_ job: any Service, of database: Database, world: World) {
        self.job = job
        self.database = database
        self.world = world
    }

    public func run() async throws {
        guard database.isShared else { return try await job.run() }
        let instance = world.newID()
        while true {
            guard await isOurs(instance) else {
                try await world.scheduler.sleep(ms: Self.renewedEveryMs)
                continue
            }
            let ending = Ending()
            let work = world.scheduler.spawn {
                defer { ending.isReached.store(true, ordering: .releasing) }
                try await job.run()
            }
            do {
                repeat {
                    try await world.scheduler.sleep(ms: Self.renewedEveryMs)
                    // A job that ends by itself ends here too, as it would without a lease.
                    if ending.isReached.load(ordering: .acquiring) { return try await work.value }
                } while await isOurs(instance)
            } catch {
                await end(work)
                await release(instance)
                throw error
            }
            world.log.warning("job_lease_lost", ["job": name])
            await end(work)
        }
    }

    private final class Ending: Sendable {
        let isReached = Atomic(false)
    }

    private func end(_ work: Task<Void, any Error>) async {
        work.cancel()
        _ = await work.result
    }

    /// At an orderly end the next need not wait. In a task of its own: this one is cancelled.
    private func release(_ instance: UUID) async {
        let release = world.scheduler.spawn {
            try await database.write(.saga, essential: true) { [name] batch in
                guard try batch.find(JobLease.self, ByteText(name))?.instance == instance else {
                    return
                }
                try batch.delete(JobLease.self, ByteText(name))
            }
        }
        _ = await release.result
    }

    /// Takes the lease, or renews it; false while another has it, or nobody can say.
    private func isOurs(_ instance: UUID) async -> Bool {
        do {
            return try await database.write(.saga, essential: true) { [name] batch in
                try Self.take(name, for: instance, batch)
            }
        } catch {
            world.log.warning("job_lease_failed", ["job": name, "error": "\(error)"])
            return false
        }
    }

    static func take(_ job: String, for instance: UUID, _ batch: Batch) throws -> Bool {
        let row = JobLease(job: job, instance: instance, until: batch.now.advanced(byMs: lastsMs))
        guard let held = try batch.find(JobLease.self, row.key) else {
            try batch.insert(row)
            return true
        }
        // One that lasts longer than any can is of a clock that was wrong, and set right since.
        let longest = batch.now.advanced(byMs: lastsMs)
        guard held.instance == instance || held.until < batch.now || held.until > longest else {
            return false
        }
        try batch.update(row)
        return true
    }
}

/// Who does a job, and until when if nothing more is heard.
struct JobLease: StoredRow, Hashable {
    static let table = TableLayout("job_lease", of: Self.self)

    /// Of stores that several instances share.
    static let creation = """
        CREATE TABLE IF NOT EXISTS job_lease (
            job TEXT NOT NULL PRIMARY KEY, instance BYTEA NOT NULL, until BIGINT NOT NULL)
        """

    let job: String
    let instance: UUID
    let until: Instant

    var key: ByteText { ByteText(job) }

    init(job: String, instance: UUID, until: Instant) {
        self.job = job
        self.instance = instance
        self.until = until
    }

    @inline(__always)
    init(_ c: some ColumnWalk, _ it: Written<Self>) {
        job = c("job", it) { $0.job }
        instance = c("instance", it) { $0.instance }
        until = c("until", it) { $0.until }
    }
}
