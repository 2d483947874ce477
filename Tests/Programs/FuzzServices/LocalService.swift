import Fuzz
import Lifecycle
import Synchronization
import Wire

@testable import RPC

/// A service in the same process, behind its router: requests are checked and decoded, replies
/// encoded, as behind a connection.
final class LocalService: Caller {
    typealias Answer = Result<[UInt8], RPCError>

    private let identity: String
    private let world: World
    private let router = Mutex(Router?.none)

    /// - Parameter identity: who its callers are taken for.
    init(calledBy identity: String, world: World) {
        self.identity = identity
        self.world = world
    }

    func open(_ router: Router) { self.router.withLock { $0 = router } }

    /// What a caller of the right role is answered; nil when there is no such method.
    func answer(
        _ method: String, _ body: [UInt8], actor: Actor? = nil
    ) async -> Answer? {
        guard let entry = try? router.withLock({ $0 })?.entry(method) else { return nil }
        let context = CallContext(
            identity: identity, roles: entry.callers, actor: actor,
            deadline: world.scheduler.uptimeNanoseconds + 30_000_000_000)
        let sink = KeptAnswers()
        do {
            if try entry.atOnce?(body[...], context, sink) != true {
                let invocation = try entry.prepare(body[...])
                await invocation(context, sink)
            }
        } catch { sink.fail(ErrorMap.rpcError(error, method: method, world.log)) }
        let answers = sink.all.withLock { $0 }
        must(answers.count == 1, "\(method) has \(answers.count) answers")
        return answers.first
    }

    func call<Request, Reply>(
        _ method: Method<Request, Reply>, _ request: Request, _ options: CallOptions
    ) async throws -> Reply {
        let answer = await answer(
            method.name, CBOR.encode(request), actor: options.actor)
        guard let answer else { throw RPCError(.unavailable, "\(method.name) is not open yet") }
        return try CBOR.decode(Reply.self, from: answer.get())
    }
}

private final class KeptAnswers: ResponseSink {
    let all = Mutex([LocalService.Answer]())

    func succeed(_ reply: some CBORWritable) throws {
        let bytes = CBOR.encode(reply)
        all.withLock { $0.append(.success(bytes)) }
    }

    func fail(_ error: RPCError) { all.withLock { $0.append(.failure(error)) } }
}
