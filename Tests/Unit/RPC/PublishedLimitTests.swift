import Testing

@testable import RPC

/// Clients are told of every bound, but for those that only memory and the log feel.
@Suite struct PublishedLimitTests {
    private static let unseen: Set = [
        // How much of frames and of answers all connections together may leave lying about.
        "partialBytes", "smallFrameBytes", "unreadBytes", "unreadBytesInAll", "smallUnreadBytes",
        "endingsLoggedPerSecond",
        // Who has proven nothing yet.
        "strangers", "wrongProofMs",
    ]

    @Test func nothingIsKeptFromClients() {
        let limits = RPCLimits()
        let all = Set(Mirror(reflecting: limits).children.compactMap(\.label))
        #expect(all.count > 20)
        let names = Set(limits.published.map(\.name))
        let others: Set = ["pingStrikes"]
        for name in all.subtracting(Self.unseen).subtracting(others) {
            #expect(names.contains(name), "\(name) is not published")
        }
        #expect(Self.unseen.isSubset(of: all))
    }

    @Test func theNumbersAreThoseOfTheCode() {
        var limits = RPCLimits()
        limits.waitMs = 4_711
        limits.callsPerConnection = 7
        let told = Dictionary(uniqueKeysWithValues: limits.published.map { ($0.name, $0.value) })
        #expect(told["waitMs"] == 4_711 && told["callsPerConnection"] == 7)
        #expect(told["nesting"] == 16 && told["pings"] == 3)
    }
}
