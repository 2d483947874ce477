import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Stage
import Support
import Testing
import Wire

/// A call with a buyer as its actor sees and changes what is theirs, in every method of all three
/// services; of anything else it learns nothing.
@Suite struct OwnershipTests {
    static let methods = InventoryAPI.methods + OrdersAPI.methods + PaymentsAPI.methods

    /// Whoever is shown, or named by its id, belongs to somebody.
    private static let somebodys: Set<String> = [
        "owner", "contact", "holdId", "checkoutId", "purchaseId", "orderId", "attemptId",
        "paymentId", "refundId", "tickets",
    ]

    @Test(arguments: methods.map(\.name))
    func aMethodSaysWhoseItIs(_ name: String) throws {
        let method = try #require(Self.methods.first { $0.name == name })
        let asked = method.request.map(\.name)
        switch method.ownership {
        case .anybody:
            #expect(Self.names(in: method.request + method.reply).isDisjoint(with: Self.somebodys))
        case .named, .listed: #expect(asked.contains("owner"))
        case .kept: #expect(asked.contains { $0.hasSuffix("Id") && Self.somebodys.contains($0) })
        case .staff: break
        }
    }

    private static func names(in fields: [Field]) -> Set<String> {
        fields.reduce(into: []) { names, field in
            names.insert(field.name)
            switch field.type {
            case .message(let fields, _), .list(.message(let fields, _), _):
                names.formUnion(Self.names(in: fields))
            default: break
            }
        }
    }

    /// Whatever says of itself that its things are kept apart is played here with the actors of
    /// others: each is answered about Renée's as about nobody's.
    @Test func whatIsAnothersIsNotFound() throws {
        try SuiteRig.run { rig in
            let things = try await Things(rig)
            let plays = Self.plays(rig, things)
            let kept = Self.methods.filter { $0.ownership == .kept }.map(\.name)
            #expect(plays.map(\.method).sorted() == kept.sorted())
            let before = try await things.stand()
            for play in plays {
                for actor in play.isKindKept ? Things.others + [Things.guest] : Things.others {
                    let nothing = rig.test.world.newID()
                    let unknown = await Self.answer(play, nothing, actor)
                    #expect(unknown?.contains("NOT_FOUND") == true, "\(play.method)")
                    let answer = await Self.answer(play, play.id, actor)
                    #expect(
                        answer == unknown, "\(play.method) for \(actor.kind) \(actor.id)")
                }
            }
            #expect(try await things.stand() == before)
            for play in plays {
                for actor in [nil, Actor(id: "eva", kind: "staff"), Things.buyer] {
                    let answer = await Self.answer(play, play.id, actor)
                    #expect(answer?.contains("NOT_FOUND") != true, "\(play.method)")
                }
            }
        }
    }

    @Test func nobodyBuysForAnother() throws {
        try SuiteRig.run { rig in
            let things = try await Things(rig)
            let (event, owner) = (things.event, Things.buyer.id)
            for actor in Things.others {
                let asked: [@Sendable () async throws -> Void] = [
                    {
                        _ = try await rig.purchase(rig.request(event, owner: owner), as: actor)
                    },
                    { _ = try await rig.reserve(event, owner: owner, as: actor) },
                    { _ = try await things.hold(rig.test.world.newID(), as: actor) },
                    { _ = try await rig.availability(event, of: owner, as: actor) },
                    { _ = try await things.orders(of: owner, as: actor) },
                ]
                for ask in asked {
                    let error = await Self.error(ask)
                    #expect(error?.reason == .invalidArgument)
                    #expect(error?.message.hasPrefix("owner ") == true)
                }
            }
            // Staff and the gateway itself may.
            for actor in [nil, Actor(id: "eva", kind: "staff")] {
                let request = rig.request(event, owner: owner)
                #expect(try await rig.purchase(request, as: actor).state == .completed)
            }
        }
    }

    @Test func aListWithoutAnOwnerIsTheBuyersOwn() throws {
        try SuiteRig.run { rig in
            let things = try await Things(rig)
            let bob = Actor(id: "bob", kind: "guest")
            let bobs = try await rig.purchase(rig.request(things.event, owner: "bob"), as: bob)
            #expect(try await things.orders(of: nil, as: Things.buyer) == [things.order])
            #expect(try await things.orders(of: nil, as: bob) == [bobs.checkoutId])
            #expect(try await things.orders(of: nil, as: Things.guest) == [])
            #expect(try await things.orders(of: nil, as: nil).count == 2)
        }
    }

    /// An id that is taken is told to be taken, and nothing of what it was taken for.
    @Test func aReplayTellsNothingOfAnothersPurchase() throws {
        try SuiteRig.run { rig in
            let things = try await Things(rig)
            let bob = Actor(id: "bob", kind: "user")
            let replays: [@Sendable () async throws -> Void] = [
                {
                    let request = rig.request(things.event, id: things.order, owner: "bob")
                    _ = try await rig.purchase(request, as: bob)
                },
                {
                    _ = try await rig.reserve(
                        things.event, id: things.checkout, quantity: 3, owner: "bob", as: bob)
                },
                { _ = try await things.hold(things.held, quantity: 3, owner: "bob", as: bob) },
            ]
            for replay in replays {
                let error = await Self.error(replay)
                #expect(error?.reason == .idempotencyConflict)
                #expect(error?.detail["differingFields"] == .array([.text("owner")]))
            }
            let replaced = await Self.error {
                _ = try await things.hold(
                    rig.test.world.newID(), owner: "bob", replaces: things.held, as: bob)
            }
            let nothing = rig.test.world.newID()
            let unknown = await Self.error {
                _ = try await things.hold(
                    rig.test.world.newID(), owner: "bob", replaces: nothing, as: bob)
            }
            #expect(replaced?.reason == .holdNotFound)
            #expect(
                replaced?.message.replacing(things.held.uuidString.lowercased(), with: "")
                    == unknown?.message.replacing(nothing.uuidString.lowercased(), with: ""))
        }
    }

    @Test func whoMustNameAnActorIsToldSo() throws {
        try SuiteRig.run { rig in
            let things = try await Things(rig)
            let orders = rig.caller("strict", to: "orders")
            let inventory = rig.caller("strict", to: "inventory")
            let refused: [@Sendable () async throws -> Void] = [
                { _ = try await orders.call(OrdersAPI.purchase, rig.request(things.event)) },
                { _ = try await orders.call(OrdersAPI.listOrders, ListOrdersRequest()) },
                {
                    _ = try await orders.call(
                        OrdersAPI.getOrder, GetOrderRequest(orderId: things.order))
                },
                {
                    _ = try await inventory.call(
                        InventoryAPI.getAvailability,
                        GetAvailabilityRequest(eventId: things.event.id, owner: "ann"))
                },
            ]
            for ask in refused {
                let error = await Self.error(ask)
                #expect(error?.reason == .actorRequired)
                #expect(error?.message.contains("context.actor") == true)
            }
            // What is nobody's needs no actor, and with one all is as at another gateway.
            _ = try await inventory.call(
                InventoryAPI.getEvent, GetEventRequest(eventId: things.event.id))
            _ = try await inventory.call(
                InventoryAPI.getAvailability, GetAvailabilityRequest(eventId: things.event.id))
            let order = try await orders.call(
                OrdersAPI.getOrder, GetOrderRequest(orderId: things.order),
                CallOptions(actor: Things.buyer))
            #expect(order.owner == Things.buyer.id)
        }
    }

    /// Through Orders a draft is as little there as an event that nobody made.
    @Test func aDraftCannotBeBought() throws {
        try SuiteRig.run { rig in
            let draft = rig.test.world.newID()
            _ = try await rig.caller("operator", to: "inventory").call(
                InventoryAPI.createEvent,
                CreateEventRequest(
                    eventId: draft, title: "Secret", startsAt: rig.test.clock.now(),
                    currency: SuiteRig.euro))
            for actor in [nil, Things.buyer] {
                func answer(_ event: UUID) async -> String? {
                    let offer = TestEvent(id: event, types: [rig.test.world.newID()])
                    let request = rig.request(offer, owner: Things.buyer.id)
                    let error = await Self.error { _ = try await rig.purchase(request, as: actor) }
                    return error.map {
                        "\($0.code.name) \($0)".lowercased()
                            .replacing(event.uuidString.lowercased(), with: "the id")
                    }
                }
                let unknown = await answer(rig.test.world.newID())
                #expect(unknown?.contains("not_found") == true)
                #expect(await answer(draft) == unknown)
            }
            // Nor does the hold that was refused tell its types.
            let type = rig.test.world.newID()
            _ = try await rig.caller("operator", to: "inventory").call(
                InventoryAPI.putTicketType,
                PutTicketTypeRequest(
                    ticketTypeId: type, eventId: draft, name: "Headliner",
                    price: Money(1, SuiteRig.euro)))
            let gateway = rig.caller("gateway", to: "inventory")
            let hold = rig.test.world.newID()
            let refused = await Self.error {
                _ = try await gateway.call(
                    InventoryAPI.reserve,
                    ReserveRequest(
                        holdId: hold, eventId: draft, owner: "ann",
                        lines: [HoldLine(ticketTypeId: type, quantity: 1)]))
            }
            #expect(refused?.code == .notFound)
            let told = try await gateway.call(
                InventoryAPI.getHold, GetHoldRequest(holdId: hold))
            #expect(told.state == .refused && told.lines == [])
        }
    }

    // MARK: Plays

    private struct Play: Sendable {
        let method: String
        /// Renée's.
        let id: UUID
        var isKindKept = true
        let ask: @Sendable (UUID, CallOptions) async throws -> Void
    }

    private static func plays(_ rig: SuiteRig, _ things: Things) -> [Play] {
        let orders = rig.caller("gateway", to: "orders")
        let inventory = rig.caller("gateway", to: "inventory")
        let world = rig.test.world
        return [
            Play(method: "orders.GetCheckout", id: things.checkout) {
                _ = try await orders.call(
                    OrdersAPI.getCheckout, GetCheckoutRequest(checkoutId: $0), $1)
            },
            Play(method: "orders.WatchCheckout", id: things.checkout) {
                _ = try await orders.call(
                    OrdersAPI.watchCheckout,
                    WatchCheckoutRequest(checkoutId: $0, sinceVersion: 0, waitMs: 0), $1)
            },
            Play(method: "orders.StartPayment", id: things.checkout) {
                _ = try await orders.call(
                    OrdersAPI.startPayment,
                    StartPaymentRequest(
                        checkoutId: $0, attemptId: world.newID(), provider: "sim",
                        paymentMethod: "sim_declined"), $1)
            },
            Play(method: "orders.CancelCheckout", id: things.checkout) {
                _ = try await orders.call(
                    OrdersAPI.cancelCheckout,
                    CancelCheckoutRequest(checkoutId: $0, reason: "not mine"), $1)
            },
            Play(method: "orders.GetOrder", id: things.order) {
                _ = try await orders.call(OrdersAPI.getOrder, GetOrderRequest(orderId: $0), $1)
            },
            Play(method: "orders.ListTickets", id: things.order) {
                _ = try await orders.call(
                    OrdersAPI.listTickets, ListTicketsRequest(orderId: $0), $1)
            },
            Play(method: "inventory.GetHold", id: things.held, isKindKept: false) {
                _ = try await inventory.call(InventoryAPI.getHold, GetHoldRequest(holdId: $0), $1)
            },
            Play(method: "inventory.ResizeHold", id: things.held, isKindKept: false) {
                _ = try await inventory.call(
                    InventoryAPI.resizeHold,
                    ResizeHoldRequest(holdId: $0, revision: 2, lines: []), $1)
            },
            Play(method: "inventory.ExtendHold", id: things.held, isKindKept: false) {
                _ = try await inventory.call(
                    InventoryAPI.extendHold, ExtendHoldRequest(holdId: $0, atLeastMs: 1_000), $1)
            },
            Play(method: "inventory.ReleaseHold", id: things.held, isKindKept: false) {
                _ = try await inventory.call(
                    InventoryAPI.releaseHold, ReleaseHoldRequest(holdId: $0, reason: .buyer), $1)
            },
        ]
    }

    /// All that an error says, without the id that was asked for; nil when there was none.
    private static func answer(_ play: Play, _ id: UUID, _ actor: Actor?) async -> String? {
        let error = await error { try await play.ask(id, CallOptions(actor: actor)) }
        return error.map {
            let detail = $0.detail.sorted { $0.key < $1.key }
            return "\($0.code.name) \($0) \($0.outcome) \(detail)".lowercased()
                .replacing(id.uuidString.lowercased(), with: "the id").uppercased()
        }
    }

    private static func error(_ call: () async throws -> Void) async -> RPCError? {
        do {
            try await call()
            return nil
        } catch {
            return error as? RPCError
        }
    }
}

/// What Renée has: an order, a checkout that she has not paid, and a hold of her own.
private struct Things: Sendable {
    static let buyer = Actor(id: "ren\u{e9}e", kind: "user")
    /// Of the same name, and somebody else.
    static let guest = Actor(id: "ren\u{e9}e", kind: "guest")
    /// The last is the same to Swift's `==`, and not to a database.
    static let others = [
        Actor(id: "bob", kind: "user"), Actor(id: "ren", kind: "user"),
        Actor(id: "rene\u{301}e", kind: "user"),
    ]

    let rig: SuiteRig
    let event: TestEvent
    let order: UUID
    let checkout: UUID
    let held: UUID

    init(_ rig: SuiteRig) async throws {
        self.rig = rig
        event = try await rig.event(capacity: 100)
        let owner = Self.buyer.id
        let bought = try await rig.purchase(rig.request(event, owner: owner), as: Self.buyer)
        order = bought.checkoutId
        checkout = try await rig.reserve(event, owner: owner, as: Self.buyer).checkoutId
        held = rig.test.world.newID()
        _ = try await hold(held, as: Self.buyer)
    }

    func hold(
        _ id: UUID, quantity: Int64 = 1, owner: String = Self.buyer.id, replaces: UUID? = nil,
        as actor: Actor
    ) async throws -> HoldReply {
        try await rig.caller("gateway", to: "inventory").call(
            InventoryAPI.reserve,
            ReserveRequest(
                holdId: id, eventId: event.id, owner: owner,
                lines: [HoldLine(ticketTypeId: event.type, quantity: quantity)],
                replaces: replaces),
            CallOptions(actor: actor))
    }

    func orders(of owner: String?, as actor: Actor?) async throws -> [UUID] {
        try await rig.caller("gateway", to: "orders").call(
            OrdersAPI.listOrders, ListOrdersRequest(owner: owner), CallOptions(actor: actor)
        ).orders.map(\.orderId)
    }

    struct Stand: Equatable {
        let version: Int64
        let state: CheckoutState
        let hold: HoldState
        let expiresAt: Instant?
    }

    func stand() async throws -> Stand {
        let checkout = try await rig.checkout(checkout)
        let hold = try await rig.caller("gateway", to: "inventory").call(
            InventoryAPI.getHold, GetHoldRequest(holdId: held))
        return Stand(
            version: checkout.version, state: checkout.state, hold: hold.state,
            expiresAt: hold.expiresAt)
    }
}
