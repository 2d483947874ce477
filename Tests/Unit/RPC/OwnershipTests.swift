import Support
import Testing
import Wire

@testable import RPC

/// What each declaration refuses, apart from any method.
@Suite struct OwnershipTests {
    private func call(
        _ kind: String?, _ roles: [Role] = [.gateway], requiresActor: Bool = false
    ) -> CallContext {
        CallContext(
            identity: "shop", roles: roles, actor: kind.map { Actor(id: "ann", kind: $0) },
            requiresActor: requiresActor, deadline: 0)
    }

    private func refusal(
        _ ownership: Ownership<String?>, _ owner: String?, _ call: CallContext
    ) -> String? {
        do throws(RPCError) {
            try ownership.check(owner, call)
            return nil
        } catch { return error.reason.name }
    }

    @Test(arguments: ["user", "guest"])
    func aBuyerIsBound(_ kind: String) {
        let buyer = call(kind)
        #expect(refusal(.staff, nil, buyer) == "PERMISSION_DENIED")
        for ownership in [Ownership<String?>.named { $0 }, .listed { $0 }] {
            #expect(refusal(ownership, "bob", buyer) == "INVALID_ARGUMENT")
            #expect(refusal(ownership, "ann", buyer) == nil)
            #expect(refusal(ownership, nil, buyer) == nil)
        }
        #expect(buyer.owner(or: nil) == "ann")
        #expect(buyer.mayTouch("ann") && buyer.mayTouch("ann", kind: kind))
        #expect(!buyer.mayTouch("ann", kind: "other") && !buyer.mayTouch("Ann"))
        #expect(!buyer.mayTouch(nil))
    }

    /// Orders has compared owners before it calls, and names its buyer for other things.
    @Test func othersAreNotBound() {
        for other in [call(nil), call("staff"), call("user", [.orders])] {
            for ownership in [Ownership<String?>.named { $0 }, .listed { $0 }, .kept, .staff] {
                #expect(refusal(ownership, "bob", other) == nil)
            }
            #expect(other.mayTouch("bob", kind: "user") && other.mayTouch(nil))
            #expect(other.owner(or: nil) == nil && other.owner(or: "bob") == "bob")
        }
    }

    @Test func whoMustNameAnActorDoesWhereSomebodysThingsAre() {
        let nobody = call(nil, requiresActor: true)
        #expect(refusal(.named { $0 }, "bob", nobody) == "ACTOR_REQUIRED")
        #expect(refusal(.named { $0 }, nil, nobody) == nil)
        #expect(refusal(.listed { $0 }, nil, nobody) == "ACTOR_REQUIRED")
        #expect(refusal(.kept, nil, nobody) == "ACTOR_REQUIRED")
        #expect(refusal(.anybody, nil, nobody) == nil)
        #expect(refusal(.kept, nil, call("guest", requiresActor: true)) == nil)
    }

    /// A buyer has no power of staff, whatever the identity has.
    @Test func staffIsWhoActsAsStaff() {
        #expect(call("staff").isStaff && call(nil, [.operator]).isStaff)
        #expect(call(nil, [.eventManager]).isStaff)
        #expect(!call(nil).isStaff && !call("user").isStaff && !call(nil, [.orders]).isStaff)
        #expect(!call("guest", [.operator]).isStaff)
    }

    @Test func aCallerIsTheIdentityAndWhomItSpeaksFor() {
        #expect(call(nil).caller == "shop")
        #expect(call("guest").caller == "shop/guest:ann")
    }
}
