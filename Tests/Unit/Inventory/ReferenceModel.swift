import Contracts
import FoundationEssentials
import Lifecycle

/// Inventory as a page of dictionaries: what each method must answer and what must be left, said
/// without batches, rows or caches.
struct ReferenceModel {
    struct Held {
        var state: HoldState
        var lines: [(type: Int, quantity: Int64)]
        var owner: String
        var expiresAt: Int64
        var latest: Int64
        var extensions = 0
        var extendedMs: Int64?
        var revision: Int64 = 1

        var isOver: Bool { state != .active && state != .committing }
        var order: UUID?
        var epoch: Int64 = 0
    }

    let capacity: Int64?
    let allocations: [Int64?]
    let limits: [Int64?]
    let ttlMs: Int64
    let maxHoldMs: Int64 = 1_800_000
    /// It does not, but in a model that is wrong.
    let doesResizeRenew: Bool
    var holds: [UUID: Held] = [:]
    var now: Int64 = 0

    /// What is held and sold of a ticket type.
    func taken(_ type: Int, by owner: String? = nil) -> (held: Int64, sold: Int64) {
        var (held, sold): (Int64, Int64) = (0, 0)
        for hold in holds.values where owner == nil || hold.owner == owner {
            let quantity = hold.lines.filter { $0.type == type }.reduce(0) { $0 + $1.quantity }
            if hold.state == .active || hold.state == .committing { held += quantity }
            if hold.state == .consumed { sold += quantity }
        }
        return (held, sold)
    }

    private func hasRoom(_ lines: [(type: Int, quantity: Int64)]) -> Bool {
        let all = allocations.indices.map { taken($0) }
        let total = all.reduce(0) { $0 + $1.held + $1.sold }
        let asked = lines.reduce(0) { $0 + $1.quantity }
        if let capacity, total + asked > capacity { return false }
        return lines.allSatisfy { line in
            let (held, sold) = all[line.type]
            return allocations[line.type].map { held + sold + line.quantity <= $0 } ?? true
        }
    }

    private func isWithinLimits(_ lines: [(type: Int, quantity: Int64)], _ owner: String) -> Bool {
        lines.allSatisfy { line in
            guard let limit = limits[line.type] else { return true }
            let (held, sold) = taken(line.type, by: owner)
            return held + sold + line.quantity <= limit
        }
    }

    /// Everything that is over ends now; whether the service noticed yet is its own affair.
    mutating func expireAll() {
        for (id, hold) in holds where hold.state == .active && now >= hold.expiresAt {
            holds[id]?.state = .expired
        }
    }

    /// Each method gives the state that it answers, or the reason against it.
    mutating func reserve(
        _ id: UUID, _ lines: [(type: Int, quantity: Int64)], owner: String, fence: Fence?
    ) -> String {
        expireAll()
        if let hold = holds[id] {
            if hold.revision > 1, Self.isOther(lines, than: hold.lines) { return "HOLD_EXISTS" }
            return hold.owner == "" ? "HOLD_RELEASED" : hold.state.rawValue
        }
        var hold = Held(
            state: fence == nil ? .active : .committing, lines: lines, owner: owner,
            expiresAt: now + ttlMs, latest: now + maxHoldMs)
        (hold.order, hold.epoch) = (fence?.orderId, fence?.epoch ?? 0)
        let reason =
            !isWithinLimits(lines, owner)
            ? "OWNER_LIMIT_EXCEEDED" : hasRoom(lines) ? nil : "INSUFFICIENT_INVENTORY"
        if let reason {
            hold.state = .refused
            hold.lines = []
            holds[id] = hold
            return reason
        }
        holds[id] = hold
        return hold.state.rawValue
    }

    private static func isOther(
        _ asked: [(type: Int, quantity: Int64)], than held: [(type: Int, quantity: Int64)]
    ) -> Bool {
        asked.sorted { $0.type < $1.type }.map { [Int64($0.type), $0.quantity] }
            != held.sorted { $0.type < $1.type }.map { [Int64($0.type), $0.quantity] }
    }

    mutating func resize(
        _ id: UUID, _ revision: Int64, _ lines: [(type: Int, quantity: Int64)]
    ) -> String {
        expireAll()
        guard var hold = holds[id] else { return "HOLD_NOT_FOUND" }
        guard revision > hold.revision else { return hold.state.rawValue }
        guard hold.state == .active else { return Self.reason(against: hold) }
        var others = self
        others.holds[id] = nil
        let grown = lines.filter { line in
            line.quantity > hold.lines.first { $0.type == line.type }?.quantity ?? 0
        }
        guard others.isWithinLimits(grown, hold.owner) else { return "OWNER_LIMIT_EXCEEDED" }
        guard others.hasRoom(lines) else { return "INSUFFICIENT_INVENTORY" }
        hold.revision = revision
        if lines.isEmpty { hold.state = .released } else { hold.lines = lines }
        if doesResizeRenew { hold.expiresAt = now + ttlMs }
        holds[id] = hold
        return hold.state.rawValue
    }

    mutating func release(_ id: UUID, _ fence: Fence?) -> String {
        expireAll()
        guard var hold = holds[id] else {
            holds[id] = Held(state: .released, lines: [], owner: "", expiresAt: 0, latest: 0)
            return "RELEASED"
        }
        switch hold.state {
        case .consumed: return "HOLD_CONSUMED"
        case .active, .committing:
            if hold.state == .committing && (fence == nil || fence?.orderId != hold.order) {
                return "HOLD_COMMITTING"
            }
            if let fence, let order = hold.order, order != fence.orderId { return "HOLD_STATE" }
            if let fence, hold.order == fence.orderId, fence.epoch < hold.epoch { return "FENCED" }
            hold.state = .released
            holds[id] = hold
            return "RELEASED"
        case .expired:
            guard let fence, hold.order == nil || hold.order == fence.orderId else {
                return "EXPIRED"
            }
            if hold.order != nil, fence.epoch < hold.epoch { return "FENCED" }
            hold.state = .released
            holds[id] = hold
            return "RELEASED"
        default: return hold.state.rawValue
        }
    }

    mutating func beginCommit(_ id: UUID, _ fence: Fence) -> String {
        expireAll()
        guard var hold = holds[id] else { return "HOLD_NOT_FOUND" }
        let isOthers = hold.order.map { $0 != fence.orderId } ?? false
        guard [.active, .committing, .expired].contains(hold.state), !isOthers else {
            return Self.reason(against: hold)
        }
        if hold.order != nil, fence.epoch < hold.epoch { return "FENCED" }
        if hold.state == .expired {
            // The limits count here too: the owner may have taken others meanwhile.
            guard hasRoom(hold.lines), isWithinLimits(hold.lines, hold.owner) else {
                return "HOLD_EXPIRED"
            }
        }
        hold.state = .committing
        (hold.order, hold.epoch) = (fence.orderId, fence.epoch)
        holds[id] = hold
        return "COMMITTING"
    }

    mutating func reopen(_ id: UUID, _ fence: Fence) -> String {
        expireAll()
        guard var hold = holds[id] else { return "HOLD_NOT_FOUND" }
        guard [.active, .committing, .expired].contains(hold.state), hold.order == fence.orderId
        else { return Self.reason(against: hold) }
        if fence.epoch < hold.epoch { return "FENCED" }
        guard hold.state == .committing else { return hold.state.rawValue }
        hold.epoch = fence.epoch
        if now >= hold.latest {
            hold.state = .expired
        } else {
            hold.state = .active
            hold.expiresAt = min(max(hold.expiresAt, now + 120_000), hold.latest)
        }
        holds[id] = hold
        return hold.state.rawValue
    }

    mutating func consume(_ id: UUID, _ order: UUID) -> String {
        expireAll()
        guard let hold = holds[id] else { return "HOLD_NOT_FOUND" }
        guard [.committing, .consumed].contains(hold.state), hold.order == order else {
            return Self.reason(against: hold)
        }
        holds[id]?.state = .consumed
        return "CONSUMED"
    }

    mutating func extend(_ id: UUID, _ atLeastMs: Int64) -> String {
        expireAll()
        guard let hold = holds[id] else { return "HOLD_NOT_FOUND" }
        guard hold.state == .active else { return Self.reason(against: hold) }
        if now + atLeastMs <= hold.expiresAt { return "ACTIVE" }
        if hold.extensions > 0 {
            return hold.extendedMs == atLeastMs ? "ACTIVE" : "HOLD_EXTENDED_ONCE"
        }
        if now + atLeastMs > hold.latest { return "HOLD_EXTEND_LIMIT" }
        holds[id]?.expiresAt = now + atLeastMs
        holds[id]?.extensions += 1
        holds[id]?.extendedMs = atLeastMs
        return "ACTIVE"
    }

    private static func reason(against hold: Held) -> String {
        switch hold.state {
        case .expired: "HOLD_EXPIRED"
        case .released: "HOLD_RELEASED"
        case .consumed: "HOLD_CONSUMED"
        case .committing: "HOLD_COMMITTING"
        default: "HOLD_STATE"
        }
    }
}
