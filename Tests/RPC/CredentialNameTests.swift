import Testing

@testable import RPC

/// The names of a credentials file are their bytes.
@Suite struct CredentialNameTests {
    @Test func aNameSpelledOtherwiseIsNobody() {
        let identity = Credentials.Identity(
            secrets: [[UInt8](repeating: 1, count: 16)], roles: [.gateway])
        let credentials = Credentials(identities: ["KIOSK": identity, "caf\u{e9}": identity])
        #expect(credentials.identity(named: "KIOSK") != nil)
        #expect(credentials.identity(named: "caf\u{e9}") != nil)
        for name in ["\u{212A}IOSK", "cafe\u{301}", "kiosk", ""] {
            #expect(credentials.identity(named: name) == nil)
            #expect(credentials.credential(for: name) == nil)
        }
    }
}
