public import Wire

/// The reasons of the protocol itself, which any method may answer.
extension Reason {
    public static let ofProtocol = [
        invalidArgument, unauthenticated, permissionDenied, actorRequired, unknownMethod, notFound,
        versionConflict, idempotencyConflict, unsupportedSchema, frameTooLarge, protocolError,
        replyTooLarge, cancelled,
        deadlineExceeded, overloaded, draining, storageFull, unavailable, `internal`,
    ]

    public static let invalidArgument = Reason(
        "INVALID_ARGUMENT", .invalidArgument,
        "The request is not as the method's table says; mend the fields that `fields` names.",
        detail: [Field("fields", .list(.message(FieldProblem.fields), maxCount: 64), "each fault")])
    public static let unauthenticated = Reason(
        "UNAUTHENTICATED", .unauthenticated,
        "The identity is unknown or its proof is wrong; look at the credentials of both sides.")
    public static let permissionDenied = Reason(
        "PERMISSION_DENIED", .permissionDenied,
        "The identity's roles or its `actor` do not allow the call; another identity must make it.")
    public static let actorRequired = Reason(
        "ACTOR_REQUIRED", .permissionDenied,
        "The identity's credential asks for an actor; name in the context's `actor` for whom it "
            + "calls.")
    public static let unknownMethod = Reason(
        "UNKNOWN_METHOD", .unimplemented,
        "The service has no method of this name; `describe` lists those that it has.")
    /// Made by `RPCError.unknown` of Contracts.
    public static let notFound = Reason(
        "NOT_FOUND", .notFound, "There is no such thing; look at `id`, and at which service it is.",
        detail: unknownEntity)
    public static let versionConflict = Reason(
        "VERSION_CONFLICT", .aborted,
        "It was changed after the version that you saw; read it again, and decide again.",
        detail: [Field("current", .integer(0...Int64.max), "the version that it has now")])
    public static let idempotencyConflict = Reason(
        "IDEMPOTENCY_CONFLICT", .alreadyExists,
        "The id has been used for another request; send that one again, or take a new id.",
        detail: [
            Field(
                "differingFields", .list(.text(maxBytes: 255), maxCount: 64),
                "fields in which the two differ")
        ])
    public static let unsupportedSchema = Reason(
        "UNSUPPORTED_SCHEMA", .failedPrecondition,
        "The server does not speak the version that the hello names; take one of its `versions`.")
    public static let frameTooLarge = Reason(
        "FRAME_TOO_LARGE", .resourceExhausted,
        "The frame is longer than the other side takes (`maxFrame`); send less in one call.")
    public static let protocolError = Reason(
        "PROTOCOL_ERROR", .invalidArgument,
        "Bytes came that the protocol does not have, so the connection ends; mend the client.")
    /// What a mutation did is done, and its outcome is unknown to whoever needed the reply.
    public static let replyTooLarge = Reason(
        "REPLY_TOO_LARGE", .resourceExhausted,
        "The call was executed, but its reply does not fit into a frame; ask for less at a time.",
        detail: [
            Field("bytes", .integer(0...Int64.max), "that the reply has"),
            Field("limit", .integer(0...Int64.max), "of a frame"),
        ])
    public static let cancelled = Reason(
        "CANCELLED", .cancelled, .unknown,
        "The caller cancelled the call; ask again under the same id to learn what came of it.")
    public static let deadlineExceeded = Reason(
        "DEADLINE_EXCEEDED", .deadlineExceeded, .unknown,
        "There was no answer in time; ask again under the same id to learn what came of it.")
    public static let overloaded = Reason(
        "OVERLOADED", .resourceExhausted, .unknown,
        "Too much is under way at once, so nothing was begun; ask again after `retryAfterMs`.")
    public static let draining = Reason(
        "DRAINING", .unavailable, .unknown,
        "The server is about to stop and has begun nothing; ask again on a new connection.")
    public static let storageFull = Reason(
        "STORAGE_FULL", .resourceExhausted, .unknown,
        "The disk is full and nothing was written; an operator must make room, then ask again.")
    public static let unavailable = Reason(
        "UNAVAILABLE", .unavailable, .unknown,
        "The service or its storage cannot be reached just now; ask again under the same id.")
    public static let `internal` = Reason(
        "INTERNAL", .internal, .unknown,
        "The service failed, and its log says why; ask again later under the same id.")

    /// The detail of every reason whose code is NOT_FOUND.
    public static let unknownEntity = [
        Field("kind", .text(maxBytes: 64), "what was looked for"),
        Field("id", .any, "the id, or the name, by which it was looked for"),
    ]
}
