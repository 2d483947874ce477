public import Wire

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
        case .cancel: return .cancel(id: try reader.readID64())
        case .goaway: return .goaway(reason: try reader.readText())
        case .ping: return .ping(try reader.readID64())
        case .pong: return .pong(try reader.readID64())
        }
    }

    private static func readResponse(_ reader: inout CBORReader) throws -> Frame {
        let id = try reader.readID64()
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

extension CBORReader {
    /// A call's id or a ping's number: not negative.
    mutating func readID64() throws -> UInt64 {
        let number = try readInteger()
        guard let id = UInt64(exactly: number) else {
            throw ProtocolViolation("a call's id is not negative")
        }
        return id
    }
}

/// `[1, id, method, context, body]` up to its body.
struct RequestHead {
    let id: UInt64
    let method: String
    let key: String?
    let deadlineMs: Int64?
    let trace: String?
    let actor: Actor?

    init(_ reader: inout CBORReader) throws {
        id = try reader.readID64()
        method = try reader.readText()
        var context = try reader.openMap()
        deadlineMs = try context.readIfPresent("deadlineMs", from: &reader)
        key = try context.readIfPresent("key", from: &reader)
        trace = try context.readIfPresent("trace", from: &reader)
        actor = try context.readIfPresent("actor", from: &reader)
        try context.close(&reader)
    }

    /// Appends a request's head, before its body.
    static func write(
        id: UInt64, method: String, _ options: CallOptions, to writer: inout CBORWriter
    ) throws {
        writer.arrayHeader(5)
        writer.integer(FrameKind.request.rawValue)
        writer.integer(Int64(id))
        writer.text(method)
        let optional = [options.key != nil, options.trace != nil, options.actor != nil]
        writer.mapHeader(1 + optional.count { $0 })
        writer.text("deadlineMs")
        writer.integer(options.timeoutMs)
        if let key = options.key {
            writer.text("key")
            writer.text(key)
        }
        if let trace = options.trace {
            writer.text("trace")
            writer.text(trace)
        }
        if let actor = options.actor {
            writer.text("actor")
            try CBOR.append(actor, to: &writer)
        }
    }
}

extension Actor: CBORReadable {
    public init(from reader: inout CBORReader) throws {
        self = try CBOR.decode(Actor.self, from: try reader.readItem())
    }
}
