import Lifecycle
import RPC
import Support
import Synchronization

/// Every call from one of those who take part in a purchase to another, counted, so that a service
/// can be made to die at any of them.
final class Crossings: Sendable {
    /// One call, told from its like by how often that was called before it.
    struct Call: Hashable, Sendable, CustomStringConvertible {
        let caller: String
        let callee: String
        let method: String
        let count: Int

        var description: String { "\(caller)'s \(method) to \(callee), number \(count)" }
    }

    private struct State {
        var calls: [Call] = []
        var counts: [String: Int] = [:]
        var isReached = false
        var kill: @Sendable (_ service: String) -> Void = { _ in }
    }

    private let scheduler: SimulatedScheduler
    private let death: Death?
    private let state = Mutex(State())

    /// `death` comes once its call is made.
    init(on scheduler: SimulatedScheduler, _ death: Death?) {
        self.scheduler = scheduler
        self.death = death
    }

    func whenDying(_ kill: @escaping @Sendable (_ service: String) -> Void) {
        state.withLock { $0.kill = kill }
    }

    /// Whether the planned death has come.
    var isReached: Bool { state.withLock { $0.isReached } }

    /// All calls so far, in the order in which they were made.
    var calls: [Call] { state.withLock { $0.calls } }

    /// Makes a call, unless its caller dies of it.
    func cross<Reply: Sendable>(
        from caller: String, to callee: String, _ method: String,
        _ body: () async throws -> Reply
    ) async throws -> Reply {
        let moment = note(caller, callee, method)
        switch moment {
        case .callerBefore: await die(caller)
        case .calleeBefore: kill(callee)
        default: break
        }
        let answer: Result<Reply, any Error>
        do { answer = .success(try await body()) } catch { answer = .failure(error) }
        switch moment {
        case .callerAfter: await die(caller)
        case .callerLate:
            try await scheduler.sleep(ms: Death.lateMs)
            await die(caller)
        case .calleeAfter:
            kill(callee)
            throw RPCError(.unavailable, "\(callee) died before its answer was out")
        default: break
        }
        return try answer.get()
    }

    /// The moment of death that is planned at this call.
    private func note(_ caller: String, _ callee: String, _ method: String) -> Death.Moment? {
        state.withLock { state in
            let key = "\(caller) \(callee) \(method)"
            let count = state.counts[key, default: 0] + 1
            state.counts[key] = count
            let call = Call(caller: caller, callee: callee, method: method, count: count)
            state.calls.append(call)
            return death?.call == call ? death?.moment : nil
        }
    }

    private func kill(_ service: String) {
        let kill = state.withLock { state in
            state.isReached = true
            return state.kill
        }
        kill(service)
    }

    /// Kills the service that calls, so that this never returns.
    private func die(_ caller: String) async {
        kill(caller)
        await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in }
    }
}

/// Where and when a service dies.
struct Death: Sendable, CustomStringConvertible {
    enum Moment: CaseIterable {
        /// The caller: its intent is stored, and nothing is sent.
        case callerBefore
        /// The caller: the answer is there, and nothing of it is stored.
        case callerAfter
        /// The same after it had to wait so long that it has stored alone what it knew before.
        case callerLate
        /// The callee: nothing has arrived.
        case calleeBefore
        /// The callee: all is done and stored, and no answer is out.
        case calleeAfter
    }

    /// Longer than a saga waits before it commits what it knows.
    static let lateMs: Int64 = 100

    let call: Crossings.Call
    let moment: Moment

    var description: String { "\(moment) at \(call)" }

    /// All deaths that a call may bring to the services named.
    static func all(at call: Crossings.Call, of services: Set<String>) -> [Death] {
        Moment.allCases.filter { moment in
            switch moment {
            case .callerBefore, .callerAfter, .callerLate: services.contains(call.caller)
            case .calleeBefore, .calleeAfter: services.contains(call.callee)
            }
        }.map { Death(call: call, moment: $0) }
    }
}

/// A peer whose every call is a crossing.
struct CrossedPeer: Caller {
    let peer: any Caller
    let (caller, callee): (String, String)
    let crossings: Crossings

    func call<Request, Reply>(
        _ method: Method<Request, Reply>, _ request: Request, _ options: CallOptions
    ) async throws -> Reply {
        try await crossings.cross(from: caller, to: callee, method.name) {
            try await peer.call(method, request, options)
        }
    }

    func whenConnected(_ tell: @escaping @Sendable () -> Void) { peer.whenConnected(tell) }

    func expect(_ mark: StoreMark) { peer.expect(mark) }
}
