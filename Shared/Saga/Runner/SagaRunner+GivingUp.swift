internal import FoundationEssentials
internal import Lifecycle
internal import RPC

// What becomes of a row that this process cannot go on with.
extension SagaRunner {
    /// A newer release has brought a row to a step that this one does not have.
    struct NewerStep: Error {
        let name: String
    }

    /// Leaves a row that this process cannot go on with to any process that can: this one too, once
    /// the pause is over. An answer that was not committed is forgotten by that, so the process
    /// that claims the row treats it as inherited, even if it is this one.
    func giveUp(_ id: UUID, _ error: any Error) async {
        guard !isStopped else { return }
        if let error = error as? NewerStep {
            let pause = failing.setAside(id)
            world.log.info(
                "saga_left",
                ["order": id, "step": error.name, "again_in_ms": pause.pauseMs])
        } else if error.mayPass {
            // The database is away for a moment, or the lease is over: no fault of this row.
            let pause = failing.setAside(id)
            world.log.warning(
                "saga_delayed",
                ["order": id, "error": "\(error)", "again_in_ms": pause.pauseMs])
        } else {
            failing.failed(id, error)
        }
        do {
            try await retrying(id, "saga_unleft") { try await self.journal.leave(id) }
        } catch {
            // It can't be written, and so nothing can be made of it here either.
            world.log.warning("saga_kept", ["order": id, "error": "\(error)"])
        }
    }
}
