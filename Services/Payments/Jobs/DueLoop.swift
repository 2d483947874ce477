import Lifecycle

/// The loop of a job that works off what is due, some of it at once. A bell shortens its pauses.
enum DueLoop {
    static let atOnce = 16
    /// Between two looks at what is due, in milliseconds; less while there is more than one look
    /// can take.
    private static let pauseMs: Int64 = 500
    private static let busyPauseMs: Int64 = 10

    static func run<Item: Sendable>(
        in world: World, wokenBy bell: Bell = Bell(), due: () async throws -> [Item],
        look: @escaping @Sendable (Item) async -> Void
    ) async {
        while !Task.isCancelled {
            var items: [Item] = []
            do { items = try await due() } catch {
                // It is looked again in a while, and whoever reads the log knows why nothing moves.
                world.log.warning("due.unread", ["error": "\(error)"])
            }
            await withTaskGroup(of: Void.self) { group in
                for item in items {
                    group.addTask(executorPreference: world.scheduler) { await look(item) }
                }
            }
            let pauseMs = items.count == atOnce ? busyPauseMs : pauseMs
            guard (try? await bell.wait(ms: pauseMs, on: world.scheduler)) != nil else { return }
        }
    }
}
