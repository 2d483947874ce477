internal import Wire

/// Somebody who waits for the answer of one call.
protocol PendingReply: Sendable {
    var deadline: UInt64 { get }
    func succeed(_ body: ArraySlice<UInt8>)
    func fail(_ error: RPCError)
}

/// The continuation is resumed once, because `PendingCalls` gives a call out once.
struct Pending<Reply: Body>: PendingReply {
    private let continuation: UnsafeContinuation<Reply, any Error>
    let deadline: UInt64

    init(_ continuation: UnsafeContinuation<Reply, any Error>, deadline: UInt64) {
        self.continuation = continuation
        self.deadline = deadline
    }

    /// Reads the reply where it lies. One that does not fit its type is this call's trouble, not
    /// the connection's.
    func succeed(_ body: ArraySlice<UInt8>) {
        do {
            continuation.resume(returning: try CBOR.decode(Reply.self, from: body))
        } catch {
            fail(RPCError(.internal, "the reply is not what this client expects: \(error)"))
        }
    }

    func fail(_ error: RPCError) { continuation.resume(throwing: error) }
}

/// The calls of one client connection: those in flight, those that wait for a place, and those
/// whose caller has gone but whose answer is still to come. Pure.
struct PendingCalls {
    struct Open {
        let id: UInt64
        let pending: any PendingReply
        let wasSent: Bool
    }

    typealias Send = @Sendable () throws -> Void

    /// What the server takes at once.
    var mostInFlight = 1
    private var lastID: UInt64 = 0
    /// A call without a `PendingReply` was abandoned.
    private var inFlight: [UInt64: (any PendingReply)?] = [:]
    private var queue: [(id: UInt64, pending: any PendingReply, send: Send)] = []
    private var armed = UInt64.max
    /// Beyond this the caller is told, rather than made to wait.
    static let longestQueue = 4_096

    var isFull: Bool { queue.count >= Self.longestQueue }
    var isEmpty: Bool { inFlight.isEmpty && queue.isEmpty }

    /// Ids are never used again on a connection.
    mutating func newID() -> UInt64 {
        lastID += 1
        return lastID
    }

    /// True when the call may be sent now; and when a timer is to be set, for when.
    mutating func add(
        _ id: UInt64, _ pending: any PendingReply, _ send: @escaping Send
    ) -> (mayGo: Bool, newTimer: UInt64?) {
        let mayGo = inFlight.count < mostInFlight
        if mayGo { inFlight[id] = .some(pending) } else { queue.append((id, pending, send)) }
        guard pending.deadline < armed else { return (mayGo, nil) }
        armed = pending.deadline
        return (mayGo, armed)
    }

    /// Takes the call that was answered, if its caller is still there, and the next one that may
    /// go. Nil for an id that was answered before, or never asked.
    mutating func finish(
        _ id: UInt64
    ) -> (pending: (any PendingReply)?, next: (id: UInt64, send: Send)?)? {
        guard let pending = inFlight.removeValue(forKey: id) else { return nil }
        guard !queue.isEmpty, inFlight.count < mostInFlight else { return (pending, nil) }
        let next = queue.removeFirst()
        inFlight[next.id] = .some(next.pending)
        return (pending, (next.id, next.send))
    }

    /// The caller of this call has gone: its answer will be dropped when it comes.
    mutating func abandon(_ id: UInt64) -> (pending: (any PendingReply)?, wasSent: Bool) {
        if let pending = inFlight[id] ?? nil {
            inFlight[id] = .some(nil)
            return (pending, true)
        }
        guard let index = queue.firstIndex(where: { $0.id == id }) else { return (nil, false) }
        return (queue.remove(at: index).pending, false)
    }

    /// Abandons every call that is past its deadline; and when the timer is to be set again.
    mutating func expire(at now: UInt64, armed fired: UInt64) -> (expired: [Open], next: UInt64?) {
        guard fired == armed else { return ([], nil) }
        var expired: [Open] = []
        armed = .max
        for (id, pending) in inFlight {
            guard let pending else { continue }
            if pending.deadline <= now {
                expired.append(Open(id: id, pending: pending, wasSent: true))
            } else {
                armed = min(armed, pending.deadline)
            }
        }
        for call in queue {
            if call.pending.deadline <= now {
                expired.append(Open(id: call.id, pending: call.pending, wasSent: false))
            } else {
                armed = min(armed, call.pending.deadline)
            }
        }
        expired.sort { $0.id < $1.id }
        for call in expired { _ = abandon(call.id) }
        return (expired, armed == .max ? nil : armed)
    }

    /// All calls that somebody still waits for, in order.
    mutating func endAll() -> [Open] {
        defer {
            inFlight = [:]
            queue = []
        }
        let sent = inFlight.compactMap { id, pending in
            pending.map { Open(id: id, pending: $0, wasSent: true) }
        }
        return sent.sorted { $0.id < $1.id }
            + queue.map { Open(id: $0.id, pending: $0.pending, wasSent: false) }
    }
}
