/// Takes an input apart into decisions, a byte or a few each, so that any input means something
/// and a changed byte changes one decision. After the end every byte is 0, which always stands for
/// the plainest choice.
public struct Choices {
    private let bytes: [UInt8]
    private var position = 0

    public init(_ bytes: [UInt8]) { self.bytes = bytes }

    public var isEmpty: Bool { position >= bytes.count }

    public mutating func byte() -> UInt8 {
        guard position < bytes.count else { return 0 }
        defer { position += 1 }
        return bytes[position]
    }

    public mutating func below(_ bound: Int) -> Int { Int(byte()) % bound }

    public mutating func of<Element>(_ list: [Element]) -> Element { list[below(list.count)] }

    /// Of so many bytes, big end first.
    public mutating func number(bytes count: Int) -> Int64 {
        var number: UInt64 = 0
        for _ in 0..<count { number = number << 8 | UInt64(byte()) }
        return Int64(bitPattern: number)
    }

    /// So many bytes, or as many as there are.
    public mutating func bytes(_ count: Int) -> [UInt8] {
        let end = min(bytes.count, position + count)
        defer { position = end }
        return Array(bytes[position..<end])
    }

    public mutating func rest() -> [UInt8] { bytes(bytes.count - position) }

    /// Up to the next zero byte, which is dropped, or to the end.
    public mutating func upToZero() -> [UInt8] {
        let zero = bytes[position...].firstIndex(of: 0) ?? bytes.count
        defer { position = min(bytes.count, zero + 1) }
        return Array(bytes[position..<zero])
    }
}
