internal import Contracts
public import Lifecycle
internal import RPC

/// Asks the three services to verify themselves and each other.
public struct Verification: Sendable {
    private let suite: ServiceSuite
    private let world: World

    public init(suite: ServiceSuite, world: World) {
        self.suite = suite
        self.world = world
    }

    /// Longer than the last refund may take, late money included.
    public static let settleMs: UInt64 = 150_000

    public struct Result: Sendable {
        public var checked: Int64
        public var violations: [String]

        public init(checked: Int64 = 0, violations: [String] = []) {
            self.checked = checked
            self.violations = violations
        }
    }

    /// Waits until nothing is on its way any more, then has each service look.
    public func run() async throws -> Result {
        var result = Result()
        for service in ServiceName.allCases {
            let client = suite.client(of: service, as: "operator")
            defer { client.close() }
            let reply = try await settled(client, service)
            result.checked += reply.checked
            result.violations += reply.violations.map {
                "\(service) \($0.invariant), \($0.subject): \($0.actual), not \($0.expected)"
            }
            if reply.pending > 0 {
                result.violations.append("\(service): \(reply.pending) things never settled")
            }
        }
        return result
    }

    private func settled(_ client: Client, _ service: ServiceName) async throws -> VerifyReply {
        let method = service.api.verifyInvariants
        let start = world.scheduler.uptimeNanoseconds
        while true {
            let reply = try await client.call(method, VerifyRequest())
            let isLate = world.scheduler.uptimeNanoseconds - start > Self.settleMs * 1_000_000
            if isLate || reply.pending == 0 { return reply }
            try await world.scheduler.sleep(ms: 200)
        }
    }
}
