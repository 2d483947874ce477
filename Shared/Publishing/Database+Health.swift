public import Contracts
public import Storage

extension Database {
    /// Throws when the store takes no work.
    public func health() async throws -> HealthReply {
        try await check()
        return HealthReply()
    }
}
