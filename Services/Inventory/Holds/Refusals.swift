import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Wire

/// Why Inventory says no, with the detail that each reason promises.
extension RPCError {
    /// The state of a hold does not allow what was asked.
    static func holdRefusal(_ hold: Hold) -> RPCError {
        let state = ["state": Value.text(hold.state.rawValue)]
        switch hold.state {
        case .expired: return .holdExpired(isReclaimable: false)
        case .released: return RPCError(.holdReleased, "the hold was released", detail: state)
        case .committing:
            return RPCError(.holdCommitting, "an order takes money for the hold", detail: state)
        case .consumed:
            let order = hold.orderId.map { ["orderId": Value.id($0)] } ?? [:]
            return RPCError(
                .holdConsumed, "what was held is sold", detail: state.merging(order) { $1 })
        default:
            return RPCError(
                .holdState, "the hold is \(hold.state.rawValue), which does not allow this",
                detail: state)
        }
    }

    static func holdExpired(isReclaimable: Bool) -> RPCError {
        RPCError(
            .holdExpired, "the time of the hold is over",
            detail: [
                "state": .text(HoldState.expired.rawValue), "reclaimable": .bool(isReclaimable),
            ])
    }

    static var stockUnverified: RPCError {
        RPCError(
            .stockUnverified,
            "this stock was restored from a backup and may have sold more than it knows; nothing "
                + "is reserved until 'orders verify' finds no violation, or an operator calls "
                + "inventory.ResumeSales",
            executed: false, retryAfterMs: 5_000)
    }

    static func extendLimit(latestMs: Int64) -> RPCError {
        RPCError(
            .holdExtendLimit, "the hold cannot be extended that far",
            detail: ["latestMs": .integer(max(0, latestMs))])
    }

    static func extendedOnce(latestMs: Int64) -> RPCError {
        RPCError(
            .holdExtendedOnce,
            "the hold was extended before, which is granted once; it lasts as it is",
            detail: ["latestMs": .integer(max(0, latestMs))])
    }

    /// What belongs to a checkout ends through Orders, which gives its payment up first.
    static func referenced(_ reference: HoldReference) -> RPCError {
        RPCError(
            .permissionDenied,
            "the hold is that of checkout \(reference.id): orders.CancelCheckout gives it back, "
                + "orders.StartPayment extends it")
    }

    static func holdExists(_ hold: Hold) -> RPCError {
        RPCError(
            .holdExists, "the hold has been resized since it was made",
            detail: ["revision": .integer(hold.revision)])
    }

    static func ordered(_ hold: Hold) -> RPCError {
        RPCError(
            .permissionDenied,
            "the hold is that of order \(hold.orderId?.text ?? ""): only Orders changes it")
    }

    static func fenced(_ hold: Hold) -> RPCError {
        RPCError(
            .fenced, "a later runner of the order has spoken",
            detail: ["epoch": .integer(hold.epoch ?? 0)], executed: false)
    }

    static func notOnSale(_ why: NotOnSale, _ id: UUID) -> RPCError {
        RPCError(
            .eventNotOnSale, "not on sale: \(why.word)",
            detail: ["why": .text(why.word), "id": .id(id)])
    }

    static func insufficient(
        _ scope: PoolKind, _ id: UUID, requested: Int64, available: Int64, nextReleaseInMs: Int64?
    ) -> RPCError {
        var detail: [String: Value] = [
            "scope": .text(scope.rawValue), "id": .id(id), "requested": .integer(requested),
            "available": .integer(available),
        ]
        if let nextReleaseInMs { detail["nextReleaseInMs"] = .integer(nextReleaseInMs) }
        return RPCError(
            .insufficientInventory, "\(requested) wanted, \(available) left", detail: detail)
    }

    static func ownerLimit(_ id: UUID, limit: Int64, used: Int64) -> RPCError {
        RPCError(
            .ownerLimitExceeded, "\(limit) for one owner, who has \(used)",
            detail: ["id": .id(id), "limit": .integer(limit), "used": .integer(used)])
    }

    static func openHold(_ hold: Hold) -> RPCError {
        let isCommitting = hold.state == .committing
        var detail: [String: Value] = [
            "why": .text(isCommitting ? "COMMITTING" : "REJECT"), "holdId": .id(hold.id),
        ]
        detail["reference"] = hold.reference?.value
        return RPCError(
            .openHoldExists,
            isCommitting
                ? "an order takes money for the owner's open hold of this event"
                : "the owner has an open hold of this event, which allows one",
            detail: detail)
    }

    static func versionConflict(current: Int64) -> RPCError {
        RPCError(
            .versionConflict, "somebody changed it meanwhile; read it again",
            detail: ["current": .integer(current)])
    }
}

extension HoldReference {
    fileprivate var value: Value { ["kind": .text(kind.rawValue), "id": .id(id)] }
}
