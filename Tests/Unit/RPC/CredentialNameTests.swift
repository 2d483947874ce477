import FoundationEssentials
import Testing

@testable import RPC

/// The words of a credentials file: names are their bytes, and kinds of actors those that are bound
/// to something.
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

    @Test(arguments: ["user", "guest", "staff", "User", "customer", ""])
    func aKindThatNobodyIsIsRefusedAtTheStart(_ kind: String) {
        let secret = Data(repeating: 1, count: 16).base64EncodedString()
        let file = """
            {"identities": {"shop": {"secrets": ["\(secret)"], "roles": ["gateway"],
                                     "actorKinds": ["\(kind)"]}}}
            """
        let isKnown = ["user", "guest", "staff"].contains(kind)
        let read = try? JSONDecoder().decode(Credentials.self, from: Data(file.utf8))
        #expect((read != nil) == isKnown)
    }
}
