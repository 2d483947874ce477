internal import Net
internal import Wire

extension Channel {
    /// Writes one frame: a zero length, the body, then the length patched in. A body that throws
    /// leaves no trace. Returns how many bytes wait to be sent.
    @discardableResult
    func send(
        limit: Int = .max, _ body: (inout CBORWriter) throws -> Void
    ) throws -> Int {
        try write { buffer in
            let start = buffer.count
            var writer = CBORWriter()
            swap(&writer.bytes, &buffer)
            defer { swap(&writer.bytes, &buffer) }
            writer.bytes.append(contentsOf: [0, 0, 0, 0])
            do {
                try body(&writer)
                let length = writer.bytes.count - start - 4
                guard length <= limit, let length = UInt32(exactly: length) else {
                    throw FrameTooLong(bytes: length)
                }
                for index in 0..<4 {
                    writer.bytes[start + index] = UInt8(
                        truncatingIfNeeded: length >> (24 - 8 * UInt32(index)))
                }
            } catch {
                writer.bytes.removeLast(writer.bytes.count - start)
                throw error
            }
        }
    }

    /// Frames that have no body of a caller's and so cannot fail.
    func sendSmall(_ kind: FrameKind, _ append: (inout CBORWriter) -> Void) {
        _ = try? send {
            $0.arrayHeader(2)
            $0.integer(kind.rawValue)
            append(&$0)
        }
    }

    func sendHello(_ hello: Hello) throws {
        try send {
            $0.arrayHeader(2)
            $0.integer(FrameKind.hello.rawValue)
            try CBOR.encode(hello, into: &$0)
        }
    }

    func sendGoaway(_ reason: String) { sendSmall(.goaway) { $0.text(reason) } }
}

struct FrameTooLong: Error {
    let bytes: Int
}
