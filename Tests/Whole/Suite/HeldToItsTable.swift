import RPC
import Testing
import Wire

/// A peer whose every reply is held against the field table of its method: what is published is
/// what is answered.
struct HeldToItsTable: RPC.Caller {
    let peer: any RPC.Caller

    func call<Request, Reply>(
        _ method: Method<Request, Reply>, _ request: Request, _ options: CallOptions
    ) async throws -> Reply {
        let reply = try await peer.call(method, request, options)
        let problems = try Reply.fields.check(CBOR.encode(reply))
        if !problems.isEmpty {
            Issue.record("\(method.name) answers what its table does not allow: \(problems)")
        }
        return reply
    }

    func whenConnected(_ tell: @escaping @Sendable () -> Void) { peer.whenConnected(tell) }

    func expect(_ mark: StoreMark) { peer.expect(mark) }
}
