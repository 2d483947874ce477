import Contracts
import RPC
import Storage

struct Verifier: Sendable {
    let database: Database
    let inventory: any Caller
    let payments: any Caller

    func verify(_ request: VerifyRequest) async throws -> VerifyReply {
        VerifyReply(checked: 0, violations: [], pending: 0)
    }
}
