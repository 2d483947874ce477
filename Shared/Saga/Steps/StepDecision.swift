public import Lifecycle
public import RPC

/// What one report makes of a saga: the row as it will be, the steps that ended, and the pause
/// before its next call.
public struct StepDecision<Subject: SagaSubject>: Sendable {
    public var subject: Subject
    /// What is written beside the row.
    public var notes = Subject.Notes()
    public private(set) var ended: [EndedStep] = []
    public var pauseMs: Int64?
    /// The result may be committed together with that of the next call, because asking this call
    /// again answers the same.
    public var mayDefer = false
    /// The row is of another process, which may have gone further than it had committed.
    public let isInherited: Bool
    /// The process has asked the next call already.
    public let isFollowed: Bool
    public let now: Instant

    /// Whatever runs is looked at again within this, but for what rests on purpose.
    public static var longestPauseMs: Int64 { RetryPolicy.saga.longestMs }
    /// The scan looks at a saga whose call is under way only when the call takes longer.
    public static var underWayMs: Int64 { 10_000 }

    /// - Parameters:
    ///   - epoch: of the process that asks.
    ///   - isFollowed: whether it has acted on the report already, before committing it.
    public init(
        _ subject: Subject, _ report: CallReport<Subject>, now: Instant, epoch: Int64,
        isFollowed: Bool = false
    ) {
        self.subject = subject
        self.now = now
        self.isFollowed = isFollowed
        isInherited = subject.epoch != epoch
        // Someone else has moved the saga on since this call was sent.
        guard subject.position == report.position else { return }
        report.effect(&self)
    }

    /// A step's call that was answered: a row of the history.
    public mutating func end(_ position: SagaPosition, _ outcome: String, _ result: String) {
        ended.append(EndedStep(position: position, outcome: outcome, result: result))
        subject.stepCount += 1
        subject.trouble = nil
    }

    /// The saga goes on with this step; the runner asks its call once this is decided.
    public mutating func goOn(
        with step: some RawRepresentable<String>, _ direction: SagaDirection = .act
    ) {
        goOn(with: SagaPosition(step, direction))
    }

    private mutating func goOn(with position: SagaPosition) {
        pauseMs = nil
        guard !subject.isParked else { return }
        subject.step = position
        // The time at which it would have waited for somebody no longer counts.
        let latest = now.advanced(byMs: Self.longestPauseMs)
        if let next = subject.nextRunAt, next > latest {
            subject.nextRunAt = now.advanced(byMs: Self.underWayMs)
        }
    }

    /// Leaves the step for later, as it stands. No timer that is kept: a replay, a wake-up and the
    /// next process ask at once, so a step that must wait looks at the time itself.
    public mutating func pause(_ step: some RawRepresentable<String>, ms: Int64) {
        pause(SagaPosition(step), ms: ms)
    }

    public mutating func pause(_ position: SagaPosition, ms: Int64) {
        guard !subject.isParked else { return }
        subject.step = position
        subject.nextRunAt = now.advanced(byMs: ms)
        pauseMs = ms
    }

    /// Nothing is left to call.
    public mutating func finish() {
        pauseMs = nil
        subject.step = nil
        subject.nextRunAt = nil
    }

    /// Leaves it to a human.
    public mutating func park(_ reason: String) {
        pauseMs = nil
        subject.park(reason)
    }

    public mutating func park(refusing error: RPCError) {
        park("\(subject.step?.step ?? "") was refused: \(error.reason.name)")
    }
}

/// A step's call that was answered: a row of the history.
public struct EndedStep: Hashable, Sendable {
    public let position: SagaPosition
    public let outcome: String
    public let result: String
}
