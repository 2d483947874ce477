/// Who has failed to prove themselves lately, by address and by name: guessing secrets is stopped
/// long before it could succeed. Pure; times are milliseconds of uptime.
///
/// An address that failed too often is not heard for a while. A name that failed too often is
/// heard only from addresses that have proven it before, so that nobody who merely knows the name
/// can shut its owner out.
struct FailedProofs {
    /// Addresses that are remembered; beyond that, the one that failed longest ago is forgotten.
    static let mostAddresses = 4_096
    /// Addresses that are remembered for having proven one name.
    static let mostHomes = 64

    private let limits: RPCLimits
    private var addresses: [String: Allowance] = [:]
    private var names: [String: Allowance] = [:]
    private var homes: [String: [String]] = [:]

    /// Failures that are left, as of a time.
    private struct Allowance {
        var left: Int
        var atMs: Int64
    }

    init(limits: RPCLimits) { self.limits = limits }

    /// How many addresses and names are remembered.
    var size: Int { addresses.count + names.count }

    /// False while an address has failed too often to be greeted.
    func mayConnect(from host: String, nowMs: Int64) -> Bool {
        left(addresses[host], most: limits.failuresPerAddress, nowMs) > 0
    }

    /// False while a name has failed too often to be believed from this address.
    func mayProve(_ name: String, from host: String, nowMs: Int64) -> Bool {
        homes[name]?.contains(host) == true
            || left(names[name], most: limits.failuresPerIdentity, nowMs) > 0
    }

    mutating func proved(_ name: String, from host: String) {
        guard homes[name]?.contains(host) != true else { return }
        homes[name] = ((homes[name] ?? []) + [host]).suffix(Self.mostHomes)
    }

    /// A hello was refused. `name` is one of the credentials, or nil, so that made-up names cost
    /// no memory.
    mutating func failed(_ name: String?, from host: String, nowMs: Int64) {
        let ofAddress = left(addresses[host], most: limits.failuresPerAddress, nowMs)
        if addresses[host] == nil, addresses.count >= Self.mostAddresses { forgetOldest() }
        addresses[host] = Allowance(left: max(0, ofAddress - 1), atMs: nowMs)
        guard let name else { return }
        let ofName = left(names[name], most: limits.failuresPerIdentity, nowMs)
        names[name] = Allowance(left: max(0, ofName - 1), atMs: nowMs)
    }

    /// One failure more is allowed after every `failureRefillMs` without one.
    private func left(_ allowance: Allowance?, most: Int, _ nowMs: Int64) -> Int {
        guard let allowance else { return most }
        let regained = (nowMs - allowance.atMs) / limits.failureRefillMs
        return Int(min(Int64(most), Int64(allowance.left) + regained))
    }

    private mutating func forgetOldest() {
        let oldest = addresses.min { ($0.value.atMs, $0.key) < ($1.value.atMs, $1.key) }
        if let oldest { addresses[oldest.key] = nil }
    }
}
