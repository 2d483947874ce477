internal import Glibc

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
        guard utf8.count == range.count, let wanted = utf8.baseAddress else {
            return utf8.count == range.count
        }
        let start = range.lowerBound - bytes.startIndex
        return bytes.withUnsafeBytes { content in
            guard start >= 0, start <= content.count - utf8.count, let first = content.baseAddress
            else { return false }
            return memcmp(first + start, wanted, utf8.count) == 0
        }
    }
}
