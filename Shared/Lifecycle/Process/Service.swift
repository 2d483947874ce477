/// Something that lives as long as the process: a server, a sweeper, a saga runner.
///
/// `run` returns when the service has stopped in good order, after `Shutdown` was triggered or its
/// task was cancelled, and throws when it cannot go on.
public protocol Service: Sendable {
    var name: String { get }
    func run() async throws
}
