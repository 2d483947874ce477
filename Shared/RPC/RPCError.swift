public import Wire

/// What crosses the wire when a call does not return its result.
public struct RPCError: Error, Sendable, Equatable, CustomStringConvertible {
    /// *Refused* is a decision: the same request under the same id will be refused tomorrow.
    /// *Unknown* may have happened.
    public enum Outcome: String, Sendable, Codable {
        case refused, unknown
    }

    public let code: Code
    public let reason: Reason
    public let message: String
    public let outcome: Outcome
    /// False when it is certain that nothing was executed, whatever the outcome says.
    public let executed: Bool?
    public let retryAfterMs: Int64?
    public let detail: [String: Value]

    /// An error of this service's own making. Debug builds end where its detail is not what the
    /// table of reasons promises, so that no test passes with it.
    public init(
        _ reason: Reason, _ message: String, detail: [String: Value] = [:],
        executed: Bool? = nil, retryAfterMs: Int64? = nil
    ) {
        assert(reason.problem(in: detail) == nil, reason.problem(in: detail) ?? "")
        self.init(
            code: reason.code, reason: reason, message: message, outcome: reason.outcome,
            executed: executed ?? (reason.isBeforeAnyEffect ? false : nil),
            retryAfterMs: retryAfterMs, detail: detail)
    }

    public init(
        code: Code, reason: Reason, message: String, outcome: Outcome, executed: Bool?,
        retryAfterMs: Int64?, detail: [String: Value]
    ) {
        self.code = code
        self.reason = reason
        self.message = message
        self.outcome = outcome
        self.executed = executed
        self.retryAfterMs = retryAfterMs
        self.detail = detail
    }

    /// Bad input, each field named with what is wrong with it and the way out.
    public static func invalid(_ problems: [FieldProblem]) -> RPCError {
        RPCError(
            .invalidArgument, problems.map(\.description).joined(separator: "; "),
            detail: ["fields": .array(problems.map(\.value))])
    }

    public static func invalid(_ field: String, _ problem: String) -> RPCError {
        invalid([FieldProblem(field: field, problem: problem)])
    }

    public var description: String { "\(reason.name): \(message)" }

    public var isRefusal: Bool { outcome == .refused }
}

/// The sixteen status names of gRPC; a name that this version does not know survives.
public struct Code: Hashable, Sendable {
    public let name: String

    public init(_ name: String) { self.name = name }

    public static let cancelled = Code("CANCELLED")
    public static let unknown = Code("UNKNOWN")
    public static let invalidArgument = Code("INVALID_ARGUMENT")
    public static let deadlineExceeded = Code("DEADLINE_EXCEEDED")
    public static let notFound = Code("NOT_FOUND")
    public static let alreadyExists = Code("ALREADY_EXISTS")
    public static let permissionDenied = Code("PERMISSION_DENIED")
    public static let resourceExhausted = Code("RESOURCE_EXHAUSTED")
    public static let failedPrecondition = Code("FAILED_PRECONDITION")
    public static let aborted = Code("ABORTED")
    public static let outOfRange = Code("OUT_OF_RANGE")
    public static let unimplemented = Code("UNIMPLEMENTED")
    public static let `internal` = Code("INTERNAL")
    public static let unavailable = Code("UNAVAILABLE")
    public static let dataLoss = Code("DATA_LOSS")
    public static let unauthenticated = Code("UNAUTHENTICATED")
}
