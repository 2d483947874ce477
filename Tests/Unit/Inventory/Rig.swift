import Contracts
import FoundationEssentials
import Lifecycle
import Publishing
import RPC
import Storage
import Stores
import Support
import Testing
import Wire

@testable import Inventory

/// Inventory over a database of its own, in a world of virtual time: its methods as a caller with
/// a certain role would call them.
struct Rig: Sendable {
    let test: TestWorld
    let location: DatabaseLocation
    let database: Database
    let service: InventoryService

    /// Runs `body` with a fresh Inventory, to its end.
    static func run<Value: Sendable>(
        seed: UInt64 = 1, _ body: @escaping @Sendable (Rig) async throws -> Value
    ) throws -> Value {
        let test = TestWorld(seed: seed)
        let stores = try StoreFolder(inMemory: true)
        return try test.run {
            try await body(try await instance(at: stores.location("inventory"), in: test))
        }
    }

    /// Another instance over the same store, where several may have it open.
    func another() async throws -> Rig { try await Self.instance(at: location, in: test) }

    private static func instance(
        at location: DatabaseLocation, in test: TestWorld
    ) async throws -> Rig {
        let database = try await Database.open(
            location, migrations: InventorySchema.migrations, world: test.world, mode: .scheduled)
        return Rig(
            test: test, location: location, database: database,
            service: InventoryService(
                world: test.world, database: database,
                timeZones: TimeZones(["Europe/Vienna", "Etc/GMT+6"])))
    }

    var now: Instant { test.clock.now() }

    func id() -> UUID { test.world.newID() }

    /// A page of the feed, as its readers get it.
    func page(_ request: FeedRequest) async throws -> FeedReply {
        try await database.feed.page(request, orders, on: test.scheduler)
    }

    func pass(ms: Int64) async throws { try await test.scheduler.sleep(ms: ms) }

    func call(_ role: Role, actor: Actor? = nil) -> CallContext {
        CallContext(
            identity: role.name, roles: [role], actor: actor,
            deadline: test.scheduler.uptimeNanoseconds + 30_000_000_000)
    }

    var gateway: CallContext { call(.gateway) }
    var orders: CallContext { call(.orders) }
    var manager: CallContext { call(.eventManager) }

    // MARK: Stock

    /// What can be had, as a server answers it: from what is at hand, else made.
    func availability(
        _ event: UUID, owner: String? = nil, as call: CallContext? = nil
    ) async throws -> AvailabilityReply {
        let request = GetAvailabilityRequest(eventId: event, owner: owner)
        let call = call ?? gateway
        if let reply = try service.board.answer(request, call) { return try reply.decoded }
        return try await service.board.get(request, call).decoded
    }

    // MARK: Catalogue

    /// A published event with these ticket types.
    func event(
        capacity: Int64? = nil, lateReclaim: Bool? = nil, salesStart: Instant? = nil,
        salesEnd: Instant? = nil, fee: Int64 = 0, isPublished: Bool = true,
        openCheckouts: OpenCheckouts? = .allow, types: [TypeSpec]
    ) async throws -> (eventId: UUID, types: [UUID]) {
        let eventId = id()
        let euro = Currency("EUR")
        _ = try await service.createEvent(
            CreateEventRequest(
                eventId: eventId, title: "Concert", startsAt: now.advanced(byMs: 86_400_000),
                currency: euro, totalCapacity: capacity, feePerTicket: Money(fee, euro),
                salesStart: salesStart, salesEnd: salesEnd, lateReclaim: lateReclaim,
                openCheckouts: openCheckouts), manager)
        var typeIds: [UUID] = []
        for type in types {
            let typeId = id()
            typeIds.append(typeId)
            _ = try await service.putTicketType(
                PutTicketTypeRequest(
                    ticketTypeId: typeId, eventId: eventId, name: type.name,
                    price: Money(type.price, euro), taxBasisPoints: type.tax,
                    allocation: type.allocation, isEnabled: type.isEnabled,
                    minPerOrder: type.least, maxPerOrder: type.most, perOwnerLimit: type.perOwner,
                    requiredEntitlements: type.entitlements, salesStart: type.salesStart,
                    salesEnd: type.salesEnd), manager)
        }
        if isPublished {
            _ = try await service.publishEvent(
                PublishEventRequest(eventId: eventId, expectedVersion: 1), manager)
        }
        return (eventId, typeIds)
    }

    // MARK: Holds

    func reserve(
        _ holdId: UUID, _ eventId: UUID, _ lines: [(UUID, Int64)], owner: String = "ada",
        ttlMs: Int64? = nil, fence: Fence? = nil, replaces: UUID? = nil
    ) async throws -> HoldReply {
        try await service.reserve(
            ReserveRequest(
                holdId: holdId, eventId: eventId, owner: owner,
                lines: lines.map { HoldLine(ticketTypeId: $0.0, quantity: $0.1) }, ttlMs: ttlMs,
                fence: fence, replaces: replaces), orders)
    }

    func hold(_ id: UUID) async throws -> HoldReply {
        try await service.getHold(GetHoldRequest(holdId: id), gateway)
    }

    func release(_ id: UUID, fence: Fence? = nil) async throws -> HoldReply {
        try await service.releaseHold(
            ReleaseHoldRequest(holdId: id, reason: .buyer, fence: fence), orders)
    }

    func beginCommit(_ id: UUID, _ fence: Fence, reclaim: Bool = true) async throws -> HoldReply {
        try await service.beginCommit(
            BeginCommitRequest(
                holdId: id, orderId: fence.orderId, epoch: fence.epoch, allowReclaim: reclaim),
            orders)
    }

    func reopen(_ id: UUID, _ fence: Fence) async throws -> HoldReply {
        try await service.reopenHold(
            ReopenHoldRequest(holdId: id, orderId: fence.orderId, epoch: fence.epoch), orders)
    }

    func consume(_ id: UUID, order: UUID) async throws -> HoldReply {
        try await service.consumeHold(ConsumeHoldRequest(holdId: id, orderId: order), orders)
    }

    func resize(
        _ id: UUID, _ revision: Int64, _ lines: [(UUID, Int64)], as call: CallContext? = nil
    ) async throws -> HoldReply {
        try await service.resizeHold(
            ResizeHoldRequest(
                holdId: id, revision: revision,
                lines: lines.map { HoldLine(ticketTypeId: $0.0, quantity: $0.1) }),
            call ?? gateway)
    }

    func extend(_ id: UUID, atLeastMs: Int64) async throws -> HoldReply {
        try await service.extendHold(
            ExtendHoldRequest(holdId: id, atLeastMs: atLeastMs), gateway)
    }

    // MARK: What there is

    func pool(_ id: UUID) async throws -> Pool {
        try #require(try await database.read { try $0.find(Pool.self, id) })
    }

    func held(_ id: UUID) async throws -> Int64 { try await pool(id).held }

    func sold(_ id: UUID) async throws -> Int64 { try await pool(id).sold }

    func violations() async throws -> [Violation] {
        try await service.verifyInvariants(VerifyRequest(), call(.operator)).violations
    }

    /// Kinds of facts in the feed, in order, without those about the catalogue.
    func holdFacts() async throws -> [String] {
        try await database.feed.facts(after: 0, limit: 8_000).map(\.kind)
            .filter { $0.hasPrefix("hold.") }
    }

    func execute(_ sql: SQL) async throws {
        try await database.write { batch in _ = try batch.execute(sql) }
    }
}

/// A ticket type of a test's event.
struct TypeSpec: Sendable {
    var name = "Regular"
    var price: Int64 = 2_500
    var tax: Int64 = 0
    var allocation: Int64?
    var isEnabled = true
    var least: Int64?
    var most: Int64?
    var perOwner: Int64?
    var entitlements: [String] = []
    var salesStart: Instant?
    var salesEnd: Instant?
}

/// The reason of the refusal that `body` must end in; nil when it does not.
func refusal(_ body: () async throws -> some Sendable) async throws -> RPCError? {
    do {
        _ = try await body()
        return nil
    } catch let error as RPCError { return error }
}

extension EncodedReply {
    /// As its caller reads it.
    var decoded: Reply { get throws { try CBOR.decode(Reply.self, from: CBOR.encode(self)) } }
}
