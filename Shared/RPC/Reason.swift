/// Why a call failed: a stable word, with the status code and the outcome that belong to it.
///
/// These are the protocol's own; Contracts adds those of the domain.
public struct Reason: Hashable, Sendable {
    public let name: String
    public let code: Code
    public let outcome: RPCError.Outcome

    public init(_ name: String, _ code: Code, _ outcome: RPCError.Outcome = .refused) {
        self.name = name
        self.code = code
        self.outcome = outcome
    }

    public static func == (left: Reason, right: Reason) -> Bool { left.name == right.name }

    public func hash(into hasher: inout Hasher) { hasher.combine(name) }

    public static let invalidArgument = Reason("INVALID_ARGUMENT", .invalidArgument)
    public static let unauthenticated = Reason("UNAUTHENTICATED", .unauthenticated)
    public static let permissionDenied = Reason("PERMISSION_DENIED", .permissionDenied)
    public static let notFound = Reason("NOT_FOUND", .notFound)
    public static let unknownMethod = Reason("UNKNOWN_METHOD", .unimplemented)
    public static let versionConflict = Reason("VERSION_CONFLICT", .aborted)
    public static let idempotencyConflict = Reason("IDEMPOTENCY_CONFLICT", .alreadyExists)
    public static let unsupportedSchema = Reason("UNSUPPORTED_SCHEMA", .failedPrecondition)
    public static let frameTooLarge = Reason("FRAME_TOO_LARGE", .resourceExhausted)
    /// `bytes`, `limit`: the call was executed, but its reply does not fit into a frame. What a
    /// mutation did is done, and its outcome is unknown to whoever needed the reply.
    public static let replyTooLarge = Reason("REPLY_TOO_LARGE", .resourceExhausted)
    public static let protocolError = Reason("PROTOCOL_ERROR", .invalidArgument)
    public static let cancelled = Reason("CANCELLED", .cancelled, .unknown)
    public static let deadlineExceeded = Reason("DEADLINE_EXCEEDED", .deadlineExceeded, .unknown)
    public static let overloaded = Reason("OVERLOADED", .resourceExhausted, .unknown)
    public static let draining = Reason("DRAINING", .unavailable, .unknown)
    public static let storageFull = Reason("STORAGE_FULL", .resourceExhausted, .unknown)
    public static let unavailable = Reason("UNAVAILABLE", .unavailable, .unknown)
    public static let `internal` = Reason("INTERNAL", .internal, .unknown)

    /// Reasons that are given only before anything was done.
    var isBeforeAnyEffect: Bool {
        [.overloaded, .draining, .storageFull].contains(self)
    }
}
