import Lifecycle
import RPC
import Synchronization

/// What happens to one call on its way to a peer or back.
enum Fault: Sendable {
    /// The request never arrives.
    case requestLost
    /// It is done, but the answer never comes.
    case replyLost
    /// The caller goes no further, before it sends or when it is done, as if its process had died
    /// there; the test starts another. (`Death` ends the whole process.)
    case diesBefore, diesAfter
    /// It is done, and the answer is kept back until the test lets it go.
    case replyHeld
}

/// A peer behind a bad network: each call may meet a fault, chosen by its method and by how often
/// that was called.
final class FaultyPeer: Caller {
    typealias Plan = @Sendable (_ method: String, _ count: Int) -> Fault?

    private struct State {
        var counts: [String: Int] = [:]
        var refusals: [String: [RPCError]] = [:]
        var plan: Plan = { _, _ in nil }
        var faults = 0
        var now = 0
        var most = 0
        var peer: (any Caller)?
        var held: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    /// From now on calls go this way: each life of the caller has connections of its own.
    func become(_ peer: any Caller) { state.withLock { $0.peer = peer } }

    private var peer: any Caller { state.withLock { $0.peer } ?? Nowhere() }

    func plan(_ plan: @escaping Plan) { state.withLock { $0.plan = plan } }

    /// The next calls of the method are refused so, without reaching the peer.
    func refuse(_ method: String, _ errors: [RPCError]) {
        state.withLock { $0.refusals[method] = errors }
    }

    func expect(_ mark: StoreMark) { peer.expect(mark) }

    /// Lets go the answers that are kept back.
    func letGo() {
        let held = state.withLock { state in
            defer { state.held = [] }
            return state.held
        }
        for reply in held { reply.resume() }
    }

    /// Faults met so far.
    var faults: Int { state.withLock { $0.faults } }

    /// Methods that were called.
    var methods: Set<String> { state.withLock { Set($0.counts.keys) } }

    /// The most calls at once that were not answered yet.
    var most: Int { state.withLock { $0.most } }

    func count(_ method: String) -> Int { state.withLock { $0.counts[method] ?? 0 } }

    func call<Request, Reply>(
        _ method: Method<Request, Reply>, _ request: Request, _ options: CallOptions
    ) async throws -> Reply {
        let (fault, refusal) = state.withLock { state in
            let count = (state.counts[method.name] ?? 0) + 1
            state.counts[method.name] = count
            let refusal =
                state.refusals[method.name]?.isEmpty == false
                ? state.refusals[method.name]?.removeFirst() : nil
            let fault = state.plan(method.name, count)
            if fault != nil { state.faults += 1 }
            state.now += 1
            state.most = max(state.most, state.now)
            return (fault, refusal)
        }
        defer { state.withLock { $0.now -= 1 } }
        if let refusal { throw refusal }
        switch fault {
        case .requestLost: throw RPCError(.unavailable, "the request was lost")
        case .diesBefore: await Self.never()
        default: break
        }
        let reply = try await peer.call(method, request, options)
        switch fault {
        case .replyLost: throw RPCError(.unavailable, "the answer was lost")
        case .diesAfter: await Self.never()
        case .replyHeld:
            await withCheckedContinuation { reply in state.withLock { $0.held.append(reply) } }
        default: break
        }
        return reply
    }

    func whenConnected(_ tell: @escaping @Sendable () -> Void) { peer.whenConnected(tell) }

    private static func never() async {
        await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in }
    }
}

/// Where calls go before there is a peer.
private struct Nowhere: Caller {
    func call<Request, Reply>(
        _ method: Method<Request, Reply>, _ request: Request, _ options: CallOptions
    ) async throws -> Reply {
        throw RPCError(.unavailable, "there is no peer yet", executed: false)
    }
}
