import Testing
import Text

/// Keys from outside are their bytes.
@Suite struct ByteTextTests {
    static let spellings: [(String, String)] = [
        ("jos\u{e9}", "jose\u{301}"), ("\u{212A}", "K"), ("\u{1100}\u{1161}", "\u{ac00}"),
        ("\u{212B}", "\u{c5}"), ("a\u{323}\u{302}", "\u{1ead}"),
    ]

    @Test(arguments: spellings)
    func twoSpellingsAreTwoKeys(_ one: String, _ other: String) {
        #expect(one == other, "Swift calls them equal, which is why there is ByteText")
        #expect(ByteText(one) != ByteText(other))
        #expect(Set([ByteText(one), ByteText(other)]).count == 2)
        #expect(!one.isSame(as: other))
        #expect(!Optional(one).isSame(as: other))
        #expect(![one].contains(same: other))
        #expect((ByteText(one) < ByteText(other)) != (ByteText(other) < ByteText(one)))
    }

    @Test func theSameBytesAreTheSameKey() {
        let built = ["jo", "s\u{e9}"].joined()
        #expect(ByteText(built) == ByteText("jos\u{e9}"))
        #expect(ByteText(built).hashValue == ByteText("jos\u{e9}").hashValue)
        #expect(Optional(built).isSame(as: "jos\u{e9}"))
        let nothing: String? = nil
        #expect(nothing.isSame(as: nil))
        #expect(!nothing.isSame(as: ""))
    }

    @Test func theyAreInTheOrderOfDatabases() {
        let sorted = ["Z", "a", "a\u{301}", "b", "\u{e9}", "\u{ffff}", "\u{1f600}"]
        let keys = sorted.shuffled().map { ByteText($0) }.sorted()
        #expect(keys == sorted.map { ByteText($0) })
    }
}
