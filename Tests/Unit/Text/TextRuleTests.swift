import Testing
import Text

/// What a name, a code or an address may hold.
@Suite struct TextRuleTests {
    @Test(arguments: [
        "Nguyễn Thị Ánh", "Nguyê\u{303}n Thi\u{323} A\u{301}nh", "Žofie O’Neill-Ştefan", "李 小龍",
        "葛\u{E0100}城", "محمد ١٢٣", "مي\u{200c}خواهم", "ක්\u{200d}ෂ", "ന്\u{200d} നല്ല", "שָׁלוֹם",
        "❤\u{FE0F} & 👨\u{200d}👩\u{200d}👧", "❤\u{FE0F}\u{200d}🔥", "a\u{a0}:\u{202f}b", "Straße 7",
        "\u{0600}123", "R2-D2 <b>", "ann smith",
    ])
    func whatPeopleWriteIsTaken(_ text: String) {
        #expect(TextRule.line.problem(text) == nil)
        #expect(TextRule.prose.problem(text) == nil)
    }

    @Test(arguments: [
        ("a\u{202E}b", "U+202E"), ("a\u{2066}b\u{2069}", "U+2066"), ("a\u{200E}b", "U+200E"),
        ("a\u{061C}b", "U+061C"), ("a\u{200B}b", "U+200B"), ("a\u{FEFF}b", "U+FEFF"),
        ("a\u{AD}b", "U+00AD"), ("a\u{07}b", "U+0007"), ("a\u{1B}[2Jb", "U+001B"),
        ("a\u{7f}b", "U+007F"), ("a\u{85}b", "U+0085"), ("a\u{2028}b", "U+2028"),
        ("a\u{2060}b", "U+2060"), ("a\u{3164}b", "U+3164"), ("a\u{FFFE}b", "U+FFFE"),
        ("a\u{10FFFF}b", "U+10FFFF"), ("a\u{E000}b", "U+E000"), ("a\u{E0041}b", "U+E0041"),
        ("\u{200D}ab", "U+200D"), ("ab\u{200D}", "U+200D"), ("a \u{200C}b", "U+200C"),
        ("a\u{200D}\u{200D}b", "U+200D"), ("\u{FE0F}a", "U+FE0F"), ("a\u{FFF9}b", "U+FFF9"),
        ("a\rb", "U+000D"), ("a\u{0B}b", "U+000B"),
    ])
    func whatIsNotSeenIsRefusedByItsName(_ text: String, _ name: String) {
        #expect(TextRule.line.problem(text)?.contains(name) == true)
        #expect(TextRule.prose.problem(text)?.contains(name) == true)
    }

    @Test(arguments: [" a", "a ", " ", "\u{a0}a", "a\u{3000}", "\u{2800}", "a\n", "\ta"])
    func aLineHasNoBlanksAtItsEnds(_ text: String) {
        #expect(TextRule.line.problem(text) == "must not begin or end with a blank")
    }

    @Test func whatIsLongMayHaveLinesAndTabs() {
        for text in ["One\n\tTwo\r\nThree\n", " indented "] {
            #expect(TextRule.prose.problem(text) == nil)
            #expect(TextRule.line.problem(text) != nil)
        }
        #expect(TextRule.raw.problem(" \u{202E}\u{07}") == nil)
    }

    @Test(arguments: [
        "ann@example.org", "a.b+c_d@mail.example.co.uk", "o'neill@example.org",
        "josé@пример.рф", "ánh@tên-miền.vn", "a@xn--e1afmkfd.xn--p1ai", "1@2.example",
        "{x}=y!@example.museum",
    ])
    func anAddressIsTaken(_ address: String) {
        #expect(TextRule.email.problem(address) == nil)
    }

    @Test(arguments: [
        "<a@b.org>", "ann", "@example.org", "ann@", "a@b@c.org", "a b@example.org", "ann@example",
        "ann@example..org", ".ann@example.org", "ann.@example.org", "a..n@example.org",
        "ann@-example.org", "ann@example-.org", "ann@192.0.2.1", "ann@[192.0.2.1]",
        "\"a b\"@example.org", "ann@exa_mple.org", "ann@example.org\n", " ann@example.org",
        "ann@example.org.", "ann\u{200B}@example.org", "ann\u{202E}@example.org",
        "ann@exam\u{AD}ple.org", "ann\u{a0}b@example.org", "Ann <ann@example.org>",
        "ann@example.org,bob@example.org", "ann@ex❤ample.org", "ann@example.o\u{FF0E}rg",
    ])
    func whatIsNoAddressIsRefused(_ address: String) {
        #expect(TextRule.email.problem(address) == "must be an address such as ann@example.org")
    }

    @Test func partsOfAnAddressHaveTheirLengths() {
        func long(_ count: Int) -> String { String(repeating: "a", count: count) }
        #expect(TextRule.email.problem(long(64) + "@b.org") == nil)
        #expect(TextRule.email.problem(long(65) + "@b.org") != nil)
        #expect(TextRule.email.problem("a@" + long(248) + ".org") == nil)
        #expect(TextRule.email.problem("a@" + long(249) + ".org") != nil)
    }

    @Test func whatSomebodyWroteIsQuoted() {
        #expect("sim".quoted == "\"sim\"")
        #expect(
            "a\"\\\n\u{1B}\u{202E}\u{E0041}é".quoted
                == #""a\"\\\n\u001b\u202e\udb40\udc41é""#)
        #expect(String(repeating: "ab", count: 200).quoted.utf8.count == 256 + 2 + 3)
    }
}
