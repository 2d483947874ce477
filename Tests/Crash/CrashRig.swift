import Contracts
import FoundationEssentials
import Lifecycle
import Net
import Processes
import RPC
import Support
import Synchronization
import Testing

/// The three executables on files, one event on sale, and buyers under whose hands services die.
final class CrashRig: Sendable {
    private static let settings = [
        "TURNSTILE_SIM": "replyLimitMs=1000,slowMs=100,lateMs=300,actionMs=1000000",
        "SWIFT_BACKTRACE": "enable=no",
    ]

    private let suite: ServiceSuite
    private let world: World
    private let orders: Client
    private let event: (id: UUID, type: UUID)

    /// Runs `body` with a fresh suite, which must be sound when it has ended.
    static func run(_ body: @escaping @Sendable (CrashRig) async throws -> Void) async throws {
        let folder = try WorkFolder(named: "turnstile-crash")
        defer { folder.remove() }
        let loop = try EventLoop()
        loop.start(name: "crash")
        defer { loop.stop() }
        let world = World(
            scheduler: loop, clock: SystemClock(), random: KernelRandom(), log: .silent,
            metrics: Metrics())
        let suite = try ServiceSuite(
            in: folder, settings: settings, world: world, on: TCPNetwork(loop: loop))
        defer { suite.killAll() }
        try await world.scheduler.spawn {
            try await suite.start()
            let rig = try await CrashRig(suite, world)
            try await body(rig)
            try await rig.expectSound()
            rig.orders.close()
        }.value
    }

    private init(_ suite: ServiceSuite, _ world: World) async throws {
        self.suite = suite
        self.world = world
        orders = suite.client(of: .orders, as: "gateway")
        event = (world.newID(), world.newID())
        let staff = suite.client(of: .inventory, as: "operator")
        defer { staff.close() }
        let euro = Currency("EUR")
        _ = try await staff.call(
            InventoryAPI.createEvent,
            CreateEventRequest(
                eventId: event.id, title: "Concert",
                startsAt: world.now.advanced(byMs: 86_400_000), currency: euro,
                totalCapacity: 100_000))
        _ = try await staff.call(
            InventoryAPI.putTicketType,
            PutTicketTypeRequest(
                ticketTypeId: event.type, eventId: event.id, name: "Stalls",
                price: Money(5_000, euro)))
        _ = try await staff.call(
            InventoryAPI.publishEvent,
            PublishEventRequest(eventId: event.id, expectedVersion: 1))
    }

    /// A new buyer of the event.
    func buyer() -> CrashBuyer {
        CrashBuyer(
            checkoutID: world.newID(), eventID: event.id, typeID: event.type, orders: orders,
            world: world)
    }

    /// One buyer, while services die: each at its first place, once more at the next while it comes
    /// back, and so on. The checkout must end as if nobody had died, and everybody must have.
    func expect(_ script: CrashScript, dying points: [ServiceName: [CrashPoint]]) async throws {
        let buyer = buyer()
        for (service, places) in points.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            await suite.kill(service)
            try await suite.launch(service, with: Self.dying(at: places.first))
        }
        let isGivenUp = Mutex(false)
        let deaths = points.map { service, places in
            world.scheduler.spawn { [self] in
                for next in places.dropFirst().map(Optional.some) + [nil] {
                    await suite.ended(service)
                    if isGivenUp.withLock({ $0 }) { return }
                    try await suite.launch(service, with: Self.dying(at: next))
                }
            }
        }
        defer { isGivenUp.withLock { $0 = true } }
        try await script.run(buyer)
        let end = try await buyer.end()
        #expect(end?.state == script.end, "\(script) with \(points): \(String(describing: end))")
        if script.end == .completed { #expect(end?.order?.tickets.count == 2, "\(points)") }
        // Who has not died by now never will: the place was not reached.
        let late = world.scheduler.schedule(afterMs: 3_000) { [suite] in
            Issue.record("\(script) did not reach all of \(points)")
            isGivenUp.withLock { $0 = true }
            suite.killAll()
        }
        for death in deaths { try await death.value }
        late.cancel()
    }

    private static func dying(at point: CrashPoint?) -> [String: String] {
        ["TURNSTILE_FAILPOINT": point?.place ?? ""]
    }

    /// Every invariant of all three, once nothing runs any more.
    private func expectSound() async throws {
        let client = suite.client(of: .orders, as: "operator")
        defer { client.close() }
        var reply = try await client.call(OrdersAPI.verifyInvariants, VerifyRequest())
        for _ in 0..<200 where reply.pending > 0 {
            try await world.scheduler.sleep(ms: 50)
            reply = try await client.call(OrdersAPI.verifyInvariants, VerifyRequest())
        }
        #expect(reply.violations == [] && reply.pending == 0)
        let (inventory, payments) = (
            suite.client(of: .inventory, as: "operator"),
            suite.client(of: .payments, as: "operator")
        )
        defer {
            inventory.close()
            payments.close()
        }
        let stock = try await inventory.call(InventoryAPI.verifyInvariants, VerifyRequest())
        let money = try await payments.call(PaymentsAPI.verifyInvariants, VerifyRequest())
        #expect(stock.violations == [] && money.violations == [])
        let left = try await inventory.call(
            InventoryAPI.getAvailability, GetAvailabilityRequest(eventId: event.id))
        #expect(left.event.held == 0)
    }
}
