internal import Wire

/// The first element of every frame's array (protocol version 2).
enum FrameKind: Int64 {
    case hello = 0
    case request, response, cancel, goaway, ping, pong
}

/// A frame as it was read. After a request's head or a response that is a result, the reader
/// stands before the body.
enum Frame {
    case hello(Hello)
    case request(RequestHead)
    case result(id: UInt64)
    case failure(id: UInt64, RPCError)
    case cancel(id: UInt64)
    case goaway(reason: String)
    case ping(UInt64)
    case pong(UInt64)

    /// Reads all of a frame but a body.
    static func read(_ reader: inout CBORReader) throws -> Frame {
        let frame = try readHead(&reader)
        switch frame {
        case .hello, .request, .result: break
        case .failure, .cancel, .goaway, .ping, .pong: try reader.finish()
        }
        return frame
    }

    private static func readHead(_ reader: inout CBORReader) throws -> Frame {
        let count = try reader.readArrayHeader()
        let word = try reader.readInteger()
        guard let kind = FrameKind(rawValue: word) else {
            throw ProtocolViolation("unknown frame kind \(word)")
        }
        let elements = [2, 5, 4, 2, 2, 2, 2][Int(kind.rawValue)]
        guard count == elements else {
            throw ProtocolViolation(
                "a frame of kind \(word) has \(elements) elements, not \(count)")
        }
        switch kind {
        case .hello: return .hello(try CBOR.decode(Hello.self, from: reader.rest))
        case .request: return .request(try RequestHead(&reader))
        case .response: return try readResponse(&reader)
        case .cancel: return .cancel(id: try reader.readUnsigned())
        case .goaway: return .goaway(reason: try reader.readText())
        case .ping: return .ping(try reader.readUnsigned())
        case .pong: return .pong(try reader.readUnsigned())
        }
    }

    private static func readResponse(_ reader: inout CBORReader) throws -> Frame {
        let id = try reader.readUnsigned()
        guard !reader.readNullIfPresent() else { return .result(id: id) }
        let error = try RPCError(&reader)
        guard reader.readNullIfPresent() else {
            throw ProtocolViolation("a response with an error has no result")
        }
        return .failure(id: id, error)
    }
}

/// Bytes that are well-formed CBOR but break the protocol: the connection ends.
struct ProtocolViolation: Error {
    let message: String

    init(_ message: String) { self.message = message }
}

/// `[1, id, method, context, body]` up to its body.
struct RequestHead {
    let id: UInt64
    let method: String
    /// Clients of other systems know a key beside the request; here nobody would look at it.
    private(set) var hasKey = false
    private(set) var deadlineMs: UInt64?
    private(set) var actor: Actor?
    /// What is wrong with the context: the call is answered so.
    private(set) var problem: RPCError?

    init(_ reader: inout CBORReader) throws {
        id = try reader.readUnsigned()
        method = try reader.readText()
        let start = reader
        var isRead = false
        do {
            var context = try reader.openMap()
            deadlineMs = try context.readIfPresent("deadlineMs", from: &reader)
            let key: Value? = try context.readIfPresent("key", from: &reader)
            hasKey = key != nil
            actor = try context.readIfPresent("actor", from: &reader)
            isRead = true
            try context.close(&reader)
        } catch {
            reader = start
            guard reader.skipByLength() else { throw error }
            // A deadline may be larger than any other integer; what it comes with is skipped.
            if isRead, deadlineMs ?? 0 > Int64.max { return }
            problem = Self.problem(with: start.rest.prefix(reader.offset - start.offset), error)
        }
    }

    /// Names the fields that are wrong, as for a body.
    private static func problem(with context: ArraySlice<UInt8>, _ error: any Error) -> RPCError {
        let problems = ((try? contextFields.check(context)) ?? []).map { problem in
            let name = problem.field.isEmpty ? "context" : "context." + problem.field
            return FieldProblem(field: name, problem: problem.problem)
        }
        return problems.isEmpty ? .invalid("context", "\(error)") : .invalid(problems)
    }

    private static let contextFields = [
        Field("deadlineMs", .integer(0...Int64.max), required: false),
        Field("actor", .message(Actor.fields), required: false),
    ]

    /// Appends a request's head, before its body.
    static func write(
        id: UInt64, method: String, _ options: CallOptions, to writer: inout CBORWriter
    ) {
        writer.arrayHeader(5)
        writer.integer(FrameKind.request.rawValue)
        writer.unsigned(id)
        writer.text(method)
        writer.mapHeader(options.actor == nil ? 1 : 2)
        writer.text("deadlineMs")
        writer.integer(options.timeoutMs)
        if let actor = options.actor {
            writer.text("actor")
            actor.write(to: &writer)
        }
    }
}
