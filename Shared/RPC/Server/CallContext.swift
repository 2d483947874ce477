public import Lifecycle
internal import Text
public import Wire

/// Who calls and how long they wait: what a handler knows beside the request.
public struct CallContext: Sendable {
    /// The name that the connection proved.
    public let identity: String
    /// The credential's roles, or those that the actor claims within its bounds.
    public let roles: [Role]
    public let actor: Actor?
    /// The identity's credential says that it speaks for actors alone.
    public let requiresActor: Bool
    /// Uptime of the scheduler, in nanoseconds, after which nobody waits for the answer.
    public let deadline: UInt64
    /// The longest that the server parks a long poll.
    let mostWaitMs: Int64

    public init(
        identity: String, roles: [Role], actor: Actor? = nil, requiresActor: Bool = false,
        deadline: UInt64,
        mostWaitMs: Int64 = RPCLimits().waitMs
    ) {
        self.identity = identity
        self.roles = roles
        self.actor = actor
        self.requiresActor = requiresActor
        self.deadline = deadline
        self.mostWaitMs = mostWaitMs
    }
}

extension CallContext {
    /// The wait that a long poll is granted: what was asked, at most the server's limit, and a
    /// second less than the deadline leaves.
    public func waitMs(_ asked: Int64, on scheduler: any Scheduler) -> Int64 {
        let now = scheduler.uptimeNanoseconds
        let left = deadline > now ? Int64(clamping: (deadline - now) / 1_000_000) : 0
        return max(0, min(asked, mostWaitMs, left - RPCLimits.waitMarginMs))
    }
}

/// The person behind a call, as the gateway vouches for them.
public struct Actor: Message, Hashable {
    public let id: String
    /// `user`, `guest` or `staff`.
    public let kind: String
    public let roles: [String]?
    public let entitlements: [String]?

    public init(id: String, kind: String, roles: [Role]? = nil, entitlements: [String]? = nil) {
        self.id = id
        self.kind = kind
        self.roles = roles?.map(\.name)
        self.entitlements = entitlements
    }

    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        id = f("id", it, .text(maxBytes: Self.idBytes)) { $0.id }
        kind = f("kind", it, .text(maxBytes: Self.idBytes)) { $0.kind }
        roles = f("roles", it, .list(.text(maxBytes: 255), maxCount: 100)) { $0.roles }
        entitlements = f(
            "entitlements", it,
            .list(.text(maxBytes: Self.entitlementBytes), maxCount: Self.mostEntitlements)
        ) { $0.entitlements }
    }

    /// Services keep whom they acted for, so what a gateway says of them has bounds.
    func check() throws(RPCError) {
        guard (1...Self.idBytes).contains(id.utf8.count), !id.utf8.contains(0) else {
            throw .invalid("context.actor.id", "has 1 to \(Self.idBytes) bytes, none of them 0")
        }
        if let problem = TextRule.line.problem(id) { throw .invalid("context.actor.id", problem) }
        guard Self.isKind(kind) else {
            throw .invalid(
                "context.actor.kind", "is none of \(Self.kinds.joined(separator: ", "))")
        }
        let entitlements = entitlements ?? []
        guard entitlements.count <= Self.mostEntitlements,
            entitlements.allSatisfy({
                $0.utf8.count <= Self.entitlementBytes && !$0.utf8.contains(0)
            })
        else {
            throw .invalid(
                "context.actor.entitlements",
                "has at most \(Self.mostEntitlements) texts of \(Self.entitlementBytes) bytes, "
                    + "none of them 0")
        }
    }

    static let idBytes = 128
    static let mostEntitlements = 100
    static let entitlementBytes = 255
}
