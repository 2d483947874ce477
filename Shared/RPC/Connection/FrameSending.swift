internal import Net
internal import Wire

extension Channel {
    /// Writes one frame; a body that throws leaves no trace. Returns how many bytes wait to be
    /// sent.
    @discardableResult
    func sendFrame(
        limit: Int = .max, _ body: (inout CBORWriter) throws -> Void
    ) throws -> Int {
        try write { buffer in
            var writer = CBORWriter()
            swap(&writer.bytes, &buffer)
            defer { swap(&writer.bytes, &buffer) }
            let start = writer.openFrame()
            do {
                try body(&writer)
            } catch {
                writer.cancelFrame(start)
                throw error
            }
            try writer.closeFrame(start, limit: limit)
        }
    }

    /// Frames that have no body of a caller's and so cannot fail.
    func sendSmall(_ kind: FrameKind, _ append: (inout CBORWriter) -> Void) {
        _ = try? sendFrame {
            $0.arrayHeader(2)
            $0.integer(kind.rawValue)
            append(&$0)
        }
    }

    func sendHello(_ hello: Hello) throws {
        try sendFrame {
            $0.arrayHeader(2)
            $0.integer(FrameKind.hello.rawValue)
            hello.write(to: &$0)
        }
    }

    func sendGoaway(_ reason: String) { sendSmall(.goaway) { $0.text(reason) } }
}
