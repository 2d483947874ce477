internal import Lifecycle
public import RPC

/// What became of a call, and of which: answered, refused, without an answer, or slow. A report for
/// a position that the saga has left is stale and changes nothing.
public struct CallReport<Subject: SagaSubject>: Sendable {
    public let position: SagaPosition
    /// It was answered, and what it asked for has happened.
    let isDone: Bool
    /// The peer was not there, went away, or did not answer in time: it may be back any moment.
    let isCut: Bool
    let effect: @Sendable (inout StepDecision<Subject>) -> Void

    private init(
        _ position: SagaPosition, isDone: Bool = false, isCut: Bool = false,
        _ effect: @escaping @Sendable (inout StepDecision<Subject>) -> Void
    ) {
        self.position = position
        self.isDone = isDone
        self.isCut = isCut
        self.effect = effect
    }

    public static func answered<Call: StepCall<Subject>>(
        _ position: SagaPosition, _ call: Call, _ answer: StepAnswer<Call.Reply>
    ) -> CallReport {
        switch answer {
        case .done(let reply):
            CallReport(position, isDone: true) {
                $0.end(position, "DONE", reply.word)
                call.done(reply, &$0)
            }
        case .waiting(let reply):
            CallReport(position) { call.waiting(reply, at: position, &$0) }
        }
    }

    public static func refused(
        _ position: SagaPosition, _ call: some StepCall<Subject>, _ error: RPCError
    ) -> CallReport {
        CallReport(position) {
            $0.end(position, "REFUSED", error.reason.name)
            if error.isMisconfiguration {
                $0.park("\(position.step) was denied: \(error.reason.name)")
            } else {
                call.refused(error, &$0)
            }
        }
    }

    /// It may have happened; it is asked again so many milliseconds from now, unless its time is
    /// over.
    public static func unknown(
        _ position: SagaPosition, _ call: some StepCall<Subject>, _ kind: StepKind,
        _ error: RPCError, retryInMs: Int64
    ) -> CallReport {
        let isCut = [.unavailable, .draining, .deadlineExceeded].contains(error.reason)
        return CallReport(position, isCut: isCut) { decision in
            decision.subject.trouble = "\(error.reason.name): \(error.message)"
            let ageMs = decision.subject.createdAt.millisecondsUntil(decision.now)
            guard !kind.isOver(position.direction, ageMs: ageMs) else {
                return call.givenUp(error, at: position, retryInMs: retryInMs, &decision)
            }
            decision.pause(position.again, ms: retryInMs)
            call.unanswered(position.again, &decision)
        }
    }

    /// The call has used up the step's patience and goes on.
    public static func slow(
        _ position: SagaPosition, _ call: some StepCall<Subject>
    ) -> CallReport {
        CallReport(position) { call.slow(&$0) }
    }
}

extension RPCError {
    /// The call was rejected before its method ran: a credential, role, schema or method that the
    /// peer does not accept. Asking again cannot help; a human must mend the deployment.
    fileprivate var isMisconfiguration: Bool {
        [.permissionDenied, .unauthenticated, .unsupportedSchema, .unknownMethod].contains(reason)
    }
}
