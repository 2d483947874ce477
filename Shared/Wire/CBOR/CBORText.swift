extension CBORReader {
    /// The text whose bytes lie there; `start` is where its item begins.
    func text(in range: Range<Int>, at start: Int) throws(CBORError) -> String {
        guard isASCII(range) else {
            guard let text = String(validating: bytes[range], as: UTF8.self) else {
                throw error(.invalidUTF8, at: start)
            }
            return text
        }
        return bytes[range].withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
    }

    func checkText(_ range: Range<Int>, at start: Int) throws(CBORError) {
        guard !isASCII(range), String(validating: bytes[range], as: UTF8.self) == nil else {
            return
        }
        throw error(.invalidUTF8, at: start)
    }

    /// Nearly all text here is; that is cheaper to know than to decode.
    private func isASCII(_ range: Range<Int>) -> Bool {
        bytes[range].withUnsafeBufferPointer { text in
            var union: UInt8 = 0
            for byte in text { union |= byte }
            return union < 0x80
        }
    }

    func equals(_ range: Range<Int>, _ text: String) -> Bool {
        var text = text
        return text.withUTF8 { equals(range, $0) }
    }

    func equals(_ range: Range<Int>, _ utf8: UnsafeBufferPointer<UInt8>) -> Bool {
        guard utf8.count == range.count else { return false }
        return bytes[range].withUnsafeBufferPointer { text in
            for index in 0..<utf8.count where text[index] != utf8[index] { return false }
            return true
        }
    }
}
