/// Who may have how much of a server at once. Pure counting; the server asks before it takes on
/// anything.
///
/// A right proof is always heard: no failure of others, by address or by name, keeps it out, and
/// strangers, who cost nothing to become, have places of their own.
struct Admission {
    private let limits: RPCLimits
    /// The connections of strangers by their addresses, each address's oldest first.
    private var strangers: [String: [UInt64]] = [:]
    private(set) var strangerCount = 0
    private(set) var connections = 0
    private var connectionsOf: [String: Int] = [:]
    private var calls = Running()
    private var waits = Running()

    init(limits: RPCLimits) { self.limits = limits }

    /// A connection before its hello. Gives the one that has to leave for it, if all places are
    /// taken: the oldest of the address that has most of them. So silence does not keep a place,
    /// and an address that sends many displaces its own.
    mutating func connect(_ number: UInt64, from host: String) -> UInt64? {
        let leaving = strangerCount < limits.strangers ? nil : mostCrowded()
        if let leaving { remove(leaving.number, from: leaving.host) }
        strangers[host, default: []].append(number)
        strangerCount += 1
        return leaving?.number
    }

    private func mostCrowded() -> (number: UInt64, host: String)? {
        var found: (count: Int, number: UInt64, host: String)?
        for (host, numbers) in strangers {
            guard let oldest = numbers.first else { continue }
            // Has more of them, or as many and an older one.
            if found.map({ ($0.count, oldest) < (numbers.count, $0.number) }) ?? true {
                found = (numbers.count, oldest, host)
            }
        }
        return found.map { ($0.number, $0.host) }
    }

    private mutating func remove(_ number: UInt64, from host: String) {
        guard let place = strangers[host]?.firstIndex(of: number) else { return }
        strangers[host]?.remove(at: place)
        if strangers[host]?.isEmpty == true { strangers[host] = nil }
        strangerCount -= 1
    }

    /// Whether one more wrong proof may wait for its answer: beyond half of the places there is
    /// no room for waiting.
    var mayDelay: Bool { strangerCount <= limits.strangers / 2 }

    /// The connection has proven who it is.
    mutating func greet(_ number: UInt64, from host: String, as identity: String) -> Bool {
        guard connections < limits.connections,
            connectionsOf[identity, default: 0] < limits.connectionsPerIdentity
        else { return false }
        remove(number, from: host)
        connections += 1
        connectionsOf[identity, default: 0] += 1
        return true
    }

    mutating func disconnect(_ number: UInt64, from host: String, identity: String?) {
        guard let identity else { return remove(number, from: host) }
        connections -= 1
        Self.decrease(&connectionsOf, identity)
    }

    /// A call, or a long poll, which has places of its own.
    mutating func begin(isWait: Bool, of identity: String, isService: Bool) -> Bool {
        guard isWait else {
            return calls.begin(identity, each: limits.callsPerIdentity, all: limits.calls)
        }
        let most = isService ? limits.waits : limits.waits - limits.waitsOfServices
        return waits.begin(identity, each: limits.waitsPerIdentity, all: most)
    }

    mutating func end(isWait: Bool, of identity: String) {
        isWait ? waits.end(identity) : calls.end(identity)
    }

    /// What runs at once, of each identity and in all.
    private struct Running {
        private var all = 0
        private var of: [String: Int] = [:]

        mutating func begin(_ identity: String, each most: Int, all mostInAll: Int) -> Bool {
            guard all < mostInAll, of[identity, default: 0] < most else { return false }
            all += 1
            of[identity, default: 0] += 1
            return true
        }

        mutating func end(_ identity: String) {
            all -= 1
            Admission.decrease(&of, identity)
        }
    }

    private static func decrease(_ counts: inout [String: Int], _ key: String) {
        let count = counts[key, default: 1] - 1
        counts[key] = count > 0 ? count : nil
    }
}
