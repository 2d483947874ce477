/// Runs services until it is told to stop, or one of them ends: started in order, stopped in
/// reverse, each only when the one after it has stopped.
public struct ServiceGroup: Sendable {
    private let services: [any Service]
    private let world: World

    public init(_ services: [any Service], world: World) {
        self.services = services
        self.world = world
    }

    /// Returns when all have stopped after `shutdown`; throws the error of the one that could not
    /// go on, or `EndedEarly` for one that ended by itself.
    public func run(until shutdown: Shutdown) async throws {
        var running: [(service: any Service, task: Task<Void, any Error>)] = []
        for service in services {
            let task = world.scheduler.spawn {
                defer { shutdown.trigger() }
                try await service.run()
                if !Task.isCancelled { throw EndedEarly(service: service.name) }
            }
            running.append((service, task))
        }
        await shutdown.wait()
        world.log.info("stopping")
        var failure: (any Error)?
        for (service, task) in running.reversed() {
            task.cancel()
            do { try await task.value } catch is CancellationError {} catch {
                world.log.error("service.failed", ["name": service.name, "error": "\(error)"])
                failure = failure ?? error
            }
        }
        if let failure { throw failure }
    }

    public struct EndedEarly: Error, CustomStringConvertible {
        let service: String
        public var description: String { "\(service) ended by itself" }
    }
}
