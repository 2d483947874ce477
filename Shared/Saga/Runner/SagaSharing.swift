internal import Lifecycle

/// Beside a runner whose database has other runners too: renews its lease. Nothing else is done
/// here, so that no number of rows to be read can make it late.
struct SagaRenewal<Journal: SagaJournal>: Service {
    private static var everyMs: Int64 { 250 }

    let runner: SagaRunner<Journal>
    let world: World

    let name = "saga-renewal"

    func run() async throws {
        while (try? await world.scheduler.sleep(ms: Self.everyMs)) != nil {
            do { try await runner.renewLease() } catch {
                world.log.warning("saga_renewal_failed", ["error": "\(error)"])
            }
        }
    }
}

/// Beside a runner whose database has other runners too: looks at the rows that somebody here
/// waits for and another process drives, a page at a time.
struct SagaSharing<Journal: SagaJournal>: Service {
    private static var everyMs: Int64 { 250 }
    private static var page: Int { 200 }

    let runner: SagaRunner<Journal>
    let journal: Journal
    let world: World

    let name = "saga-sharing"

    func run() async throws {
        while (try? await world.scheduler.sleep(ms: Self.everyMs)) != nil {
            var left = runner.progress.watched.filter { !runner.drives($0) }[...]
            do {
                while !left.isEmpty {
                    // One that can't be read is told to whoever asks for it.
                    for row in try await journal.find(Array(left.prefix(Self.page))) {
                        if case .success(let subject) = row.subject {
                            runner.progress.publish(subject, of: subject.id)
                        }
                    }
                    left = left.dropFirst(Self.page)
                }
            } catch {
                world.log.warning("saga_sharing_failed", ["error": "\(error)"])
            }
        }
    }
}
