/// Who may have how much of a server at once. Pure counting; the server asks before it takes on
/// anything.
struct Admission {
    private let limits: RPCLimits
    private(set) var connections = 0
    private var strangers: [String: Int] = [:]
    private var connectionsOf: [String: Int] = [:]
    private var callsOf: [String: Int] = [:]
    private var calls = 0

    init(limits: RPCLimits) { self.limits = limits }

    /// A connection from `host`, before its hello.
    mutating func connect(from host: String) -> Bool {
        guard connections < limits.connections,
            strangers[host, default: 0] < limits.strangersPerAddress
        else { return false }
        connections += 1
        strangers[host, default: 0] += 1
        return true
    }

    /// The connection has proven who it is.
    mutating func greet(from host: String, as identity: String) -> Bool {
        guard connectionsOf[identity, default: 0] < limits.connectionsPerIdentity else {
            return false
        }
        Self.decrease(&strangers, host)
        connectionsOf[identity, default: 0] += 1
        return true
    }

    mutating func disconnect(from host: String, identity: String?) {
        connections -= 1
        if let identity {
            Self.decrease(&connectionsOf, identity)
        } else {
            Self.decrease(&strangers, host)
        }
    }

    mutating func beginCall(of identity: String) -> Bool {
        guard calls < limits.calls, callsOf[identity, default: 0] < limits.callsPerIdentity else {
            return false
        }
        calls += 1
        callsOf[identity, default: 0] += 1
        return true
    }

    mutating func endCall(of identity: String) {
        calls -= 1
        Self.decrease(&callsOf, identity)
    }

    private static func decrease(_ counts: inout [String: Int], _ key: String) {
        let count = counts[key, default: 1] - 1
        counts[key] = count > 0 ? count : nil
    }
}
