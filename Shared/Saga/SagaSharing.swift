internal import Lifecycle

/// Beside a runner whose database has other runners too: renews its lease, and looks at the rows
/// that somebody here waits for and another process drives.
struct SagaSharing<Subject: SagaSubject, Reply: Sendable>: Service {
    private static var everyMs: Int64 { 250 }

    let runner: SagaRunner<Subject, Reply>
    let journal: any SagaJournal<Subject, Reply>
    let world: World

    let name = "saga-sharing"

    func run() async throws {
        while (try? await world.scheduler.sleep(ms: Self.everyMs)) != nil {
            do {
                try await runner.renewLease()
                for id in runner.progress.watched where !runner.drives(id) {
                    if let subject = try await journal.find(id) { runner.progress.publish(subject) }
                }
            } catch {
                world.log.warning("saga_sharing_failed", ["error": "\(error)"])
            }
        }
    }
}
