import Net
import Testing

@Suite struct AddressTests {
    @Test(arguments: [
        ("127.0.0.1:7101", "127.0.0.1", 7101), ("inventory:0", "inventory", 0),
        ("[::1]:65535", "::1", 65_535),
    ])
    func readsHostAndPort(text: String, host: String, port: Int) {
        let address = Address(text)
        #expect(address?.host == host)
        #expect(address.map { Int($0.port) } == port)
        #expect(address?.description == text)
    }

    @Test(arguments: [
        "", "host", ":7101", "host:", "host:65536", "host:-1", "::1:7101", "host:7x", "[[]]:1",
        "[a:1",
    ])
    func refusesAnythingElse(text: String) { #expect(Address(text) == nil) }

    @Test func knowsLoopback() {
        for text in [
            "127.0.0.1:1", "127.9.9.9:1", "localhost:1", "Localhost:1", "[::1]:1",
            "[::ffff:127.0.0.1]:1", "[0:0:0:0:0:0:0:1]:1",
        ] {
            #expect(Address(text)?.isLoopback == true, "\(text)")
        }
        // A name is no number, whatever it begins with.
        for text in ["10.0.0.1:1", "127.example.org:1", "[::2]:1", "[::ffff:10.0.0.1]:1", "[::]:1"]
        {
            #expect(Address(text)?.isLoopback == false, "\(text)")
        }
    }
}
