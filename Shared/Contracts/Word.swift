public import Wire

/// An open set of words, such as states and kinds: a reader keeps a word that it does not know.
/// On the wire it is its text.
public protocol Word: RawRepresentable, Hashable, Sendable, Codable, CBORWritable, CBORReadable
where RawValue == String {
    init(rawValue: String)
}

extension Word {
    public init(_ word: String) { self.init(rawValue: word) }

    public var word: String { rawValue }
}
