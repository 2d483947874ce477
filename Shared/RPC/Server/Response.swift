internal import Net
internal import Wire

/// The answer that one call owes.
struct Response: ResponseSink {
    let connection: ServerConnection
    let id: UInt64
    let identity: String
    let startedAt: UInt64

    func succeed(_ reply: some CBORWritable) throws {
        try connection.answer(self) {
            guard $0.bytes.count <= connection.mostUnread else {
                throw RPCError(.unavailable, "the replies before this one are not being read")
            }
            $0.arrayHeader(4)
            $0.integer(FrameKind.response.rawValue)
            $0.unsigned(id)
            $0.null()
            reply.write(to: &$0)
        }
    }

    func fail(_ error: RPCError) {
        let error = connection.told(error, of: id)
        do {
            try connection.answer(self) {
                $0.arrayHeader(4)
                $0.integer(FrameKind.response.rawValue)
                $0.unsigned(id)
                error.write(to: &$0)
                $0.null()
            }
        } catch {
            // Only an error with a detail beyond a whole frame gets here: the caller must not wait.
            connection.channel.abort()
        }
    }
}
