internal import Text
public import Wire

/// An open set of words, such as states and kinds: the reader of a reply keeps a word that it does
/// not know, and a request has none. On the wire it is its text.
public protocol Word: RawRepresentable, Hashable, FieldValue
where RawValue == String, Rule == WordRule<Self> {
    init(rawValue: String)

    /// The words of this version.
    static var known: [Self] { get }
}

/// Which words a field may hold; all that are known, if it does not say.
public struct WordRule<Words: Word>: PlainRule {
    let words: @Sendable () -> [Words]

    public init() { words = { Words.known } }

    private init(_ words: @escaping @Sendable () -> [Words]) { self.words = words }

    public static func word(
        _ words: @autoclosure @escaping @Sendable () -> [Words]
    ) -> WordRule {
        WordRule(words)
    }
}

extension Word {
    public init(_ word: String) { self.init(rawValue: word) }

    public var word: String { rawValue }

    public static var blank: Self { Self(rawValue: "") }

    public func write(to writer: inout CBORWriter) { writer.text(rawValue) }
}

extension Word {
    public static func type(_ rule: WordRule<Self>) -> FieldType {
        .word(rule.words().map(\.rawValue))
    }

    public static func read(
        _ reader: inout CBORReader, _ rule: WordRule<Self>
    ) throws(CBORError) -> Self {
        let word = try reader.readText()
        guard !reader.isStrict || rule.words().contains(where: { $0.rawValue.isSame(as: word) })
        else { throw reader.refused() }
        return Self(rawValue: word)
    }
}
