public import FoundationEssentials
internal import Lifecycle
public import RPC
internal import Text
internal import Wire

/// What callers name by an id, in the word that errors have for it.
public enum EntityKind: String, Sendable, CaseIterable {
    case event, ticketType, pool, hold, checkout, order, payment, refund, webhook

    fileprivate var reason: Reason {
        switch self {
        case .event, .ticketType, .pool, .order: .notFound
        case .hold: .holdNotFound
        case .checkout: .checkoutNotFound
        case .payment: .paymentNotFound
        case .refund: .refundNotFound
        case .webhook: .webhookNotFound
        }
    }

    fileprivate var words: String { self == .ticketType ? "ticket type" : rawValue }
}

extension RPCError {
    /// The one answer about what is not there, or not for this caller: its code is NOT_FOUND, and
    /// its detail has `kind` and `id`.
    public static func unknown(_ kind: EntityKind, _ id: UUID) -> RPCError {
        unknown(kind, .id(id), id.text)
    }

    /// The same of something that has no id of ours.
    public static func unknown(_ kind: EntityKind, named name: String) -> RPCError {
        unknown(kind, .text(name), name.quoted)
    }

    private static func unknown(_ kind: EntityKind, _ id: Value, _ text: String) -> RPCError {
        RPCError(
            kind.reason, "there is no \(kind.words) \(text)",
            detail: ["kind": .text(kind.rawValue), "id": id])
    }
}
