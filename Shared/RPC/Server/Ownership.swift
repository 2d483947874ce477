internal import Text

/// Whose things a method names or answers, and so what it does for a call that has a buyer as its
/// actor. Each method declares it beside its callers; the router holds it against every request.
///
/// A *buyer* is an actor of kind `user` or `guest`. A call without an actor is the gateway's own.
public enum Ownership<Request>: Sendable {
    /// Nothing in it belongs to a buyer, so anybody's call is the same.
    case anybody
    /// The request says whose it is; a buyer can only say themselves. Nil is nobody's.
    case named(@Sendable (Request) -> String?)
    /// A list that may be narrowed to an owner; a buyer's is always narrowed to theirs, which the
    /// handler does with `CallContext.owner(or:)`.
    case listed(@Sendable (Request) -> String?)
    /// What the request names by its id is somebody's. The handler asks `CallContext.mayTouch` of
    /// the row, and answers about another's as about what does not exist.
    case kept
    /// For staff and services: no buyer has anything to do with it.
    case staff

    /// The same without its types.
    public var rule: OwnershipRule {
        switch self {
        case .anybody: .anybody
        case .named: .named
        case .listed: .listed
        case .kept: .kept
        case .staff: .staff
        }
    }

    /// - Throws: `INVALID_ARGUMENT` naming `owner`, `PERMISSION_DENIED`, `ACTOR_REQUIRED`.
    func check(_ request: Request, _ call: CallContext) throws(RPCError) {
        switch self {
        case .anybody: break
        case .named(let owner):
            guard let owner = owner(request) else { return }
            try call.needActor()
            try call.needOwner(owner)
        case .listed(let owner):
            try call.needActor()
            if let owner = owner(request) { try call.needOwner(owner) }
        case .kept: try call.needActor()
        case .staff:
            try call.needActor()
            guard call.buyer == nil else {
                throw RPCError(
                    .permissionDenied,
                    "no buyer may call this; leave the actor out, or name one of kind staff")
            }
        }
    }
}

/// An `Ownership` without its request, for `describe` and for tests of all methods.
public enum OwnershipRule: Sendable {
    case anybody, named, listed, kept, staff

    /// What a call with a buyer as its actor may do, in words.
    public var summary: String {
        switch self {
        case .anybody: "as anybody"
        case .named: "only with themselves as owner"
        case .listed: "only what is theirs, without an owner too"
        case .kept: "only with what is theirs; anything else is not found"
        case .staff: "nothing"
        }
    }
}

extension Actor {
    public static let user = "user"
    public static let guest = "guest"
    public static let staff = "staff"

    /// Another kind would be bound to nothing, so there is none.
    static let kinds = [user, guest, staff]

    static func isKind(_ word: String) -> Bool { kinds.contains { $0.isSame(as: word) } }

    /// Whether it is somebody who buys: bound to what is theirs.
    public var isBuyer: Bool { kind == Self.user || kind == Self.guest }
}

extension CallContext {
    /// The buyer behind the call, bound to what is theirs. Nil when staff, a service or the gateway
    /// itself speaks. Orders has compared owners before it calls a peer, and then names whom it
    /// sells to for their entitlements and the audit alone.
    public var buyer: Actor? {
        guard let actor, actor.isBuyer, !roles.contains(.orders) else { return nil }
        return actor
    }

    /// Whether staff calls: somebody with a role of staff, or whom the gateway vouches for as such.
    public var isStaff: Bool {
        if let actor, actor.isBuyer { return false }
        return actor?.kind == Actor.staff || roles.contains(.operator)
            || roles.contains(.eventManager)
    }

    /// Whether the call may see and change what belongs to an owner; everything may who is not a
    /// buyer.
    ///
    /// - Parameters:
    ///   - owner: nil belongs to nobody, so to no buyer.
    ///   - kind: of the owner, where it is known; else empty.
    public func mayTouch(_ owner: String?, kind: String = "") -> Bool {
        guard let buyer else { return true }
        guard let owner, owner.isSame(as: buyer.id) else { return false }
        return kind.isEmpty || kind.isSame(as: buyer.kind)
    }

    /// To whom a list is narrowed: a buyer's to the buyer.
    public func owner(or asked: String?) -> String? { buyer?.id ?? asked }

    /// Who did it, for audit, history and log: the identity that was proven, then whom it spoke for
    /// ("gateway/guest:4711"). An actor alone could be named like anybody.
    public var caller: String {
        guard let actor else { return identity }
        return "\(identity)/\(actor.kind):\(actor.id)"
    }

    fileprivate func needActor() throws(RPCError) {
        guard actor == nil, requiresActor else { return }
        throw RPCError(
            .actorRequired,
            "\(identity) must name in context.actor for whom it calls: its credential says "
                + "requiresActor")
    }

    fileprivate func needOwner(_ owner: String) throws(RPCError) {
        guard let buyer, !owner.isSame(as: buyer.id) else { return }
        throw .invalid("owner", "must be the id of the call's actor, who is a \(buyer.kind)")
    }
}
