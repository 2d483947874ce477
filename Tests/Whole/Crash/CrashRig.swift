import Contracts
import FoundationEssentials
import Glibc
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
        "TURNSTILE_SIM": "replyLimitMs=2500,slowMs=100,lateMs=300,actionMs=1000000",
        "SWIFT_BACKTRACE": "enable=no",
    ]

    /// A suite has one purchase at a time, and that mostly waits for a service to come back: so
    /// many purchases go to several suites at once.
    private static let perSuite = 50
    /// How long a service may take to die where it is to, once the checkout has ended.
    private static let patienceMs: UInt64 = 3_000

    private let suite: ServiceSuite
    private let world: World
    private let orders: Client
    private let event: (id: UUID, types: [UUID])

    /// Runs `body` with a fresh suite, which must be sound when it has ended.
    static func run(_ body: @escaping @Sendable (CrashRig) async throws -> Void) async throws {
        try await ServiceSuite.run(named: "crash", settings: settings) { suite, _, world in
            let rig = try await CrashRig(suite, world)
            try await body(rig)
            // The last to die may still be on its way back, or not have come by its place.
            for service in ServiceName.allCases { await suite.kill(service) }
            try await suite.start()
            try await rig.expectSound()
            rig.orders.close()
        }
    }

    /// Runs `body` for each item, on as many suites as it takes.
    static func run<Item: Sendable>(
        each items: [Item], _ body: @escaping @Sendable (CrashRig, Item) async throws -> Void
    ) async throws {
        try await withThrowingTaskGroup { group in
            for start in stride(from: 0, to: items.count, by: perSuite) {
                group.addTask {
                    try await run { rig in
                        for item in items[start...].prefix(perSuite) { try await body(rig, item) }
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    private init(_ suite: ServiceSuite, _ world: World) async throws {
        self.suite = suite
        self.world = world
        orders = suite.client(of: .orders, as: "gateway")
        event = (world.newID(), [world.newID(), world.newID()])
        let staff = suite.client(of: .inventory, as: "operator")
        defer { staff.close() }
        let euro = Currency("EUR")
        _ = try await staff.call(
            InventoryAPI.createEvent,
            CreateEventRequest(
                eventId: event.id, title: "Concert",
                startsAt: world.now.advanced(byMs: 86_400_000), currency: euro,
                totalCapacity: 100_000, openCheckouts: .allow))
        for (type, name) in zip(event.types, ["Stalls", "Circle"]) {
            _ = try await staff.call(
                InventoryAPI.putTicketType,
                PutTicketTypeRequest(
                    ticketTypeId: type, eventId: event.id, name: name, price: Money(5_000, euro),
                    maxPerOrder: Bounds.ticketsPerLine.upperBound))
        }
        _ = try await staff.call(
            InventoryAPI.publishEvent,
            PublishEventRequest(eventId: event.id, expectedVersion: 1))
    }

    /// A new buyer of the event.
    func buyer() -> CrashBuyer {
        CrashBuyer(
            checkoutID: world.newID(), eventID: event.id, types: event.types, orders: orders,
            world: world)
    }

    /// One buyer, while services die: each at its first place, once more at its next while it comes
    /// back, and so on. The checkout must end as if nobody had died, and everybody must have.
    func expect(_ script: CrashScript, dying points: [CrashPoint]) async throws {
        let died = try await buy(script, dying: points, atLeast: points.count)
        #expect(died == points.count, "\(script) did not reach all of \(points)")
    }

    /// The same for a service that may not come by its second place any more.
    func expect(_ pair: CrashPair) async throws {
        let points = [pair.first, pair.second]
        let died = try await buy(pair.script, dying: points, atLeast: pair.deaths.lowerBound)
        #expect(pair.deaths.contains(died), "\(pair): died \(died) times, not \(pair.deaths)")
    }

    /// - Parameter expected: deaths that are waited for once the checkout has ended.
    /// - Returns: how many there were. All services run again, and nobody dies any more.
    private func buy(
        _ script: CrashScript, dying points: [CrashPoint], atLeast expected: Int
    ) async throws -> Int {
        let toll = CrashToll()
        defer { toll.close() }
        var deaths: [Task<Void, any Error>] = []
        let services = Dictionary(grouping: points, by: \.service)
        for (service, places) in services.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            let child = try await relaunch(service, dyingAt: places.first)
            deaths.append(
                world.scheduler.spawn { [self] in
                    try await bury(child, service, then: places.dropFirst(), toll)
                })
        }
        var buyer = buyer()
        try await script.run(buyer)
        var end = try await buyer.end()
        // Under load a buyer may miss the second in which money that came can be called off.
        for _ in 0..<10 where script == .refunded && end?.state == .completed {
            buyer = self.buyer()
            try await script.run(buyer)
            end = try await buyer.end()
        }
        #expect(end?.state == script.end, "\(script) with \(points): \(String(describing: end))")
        if script.end == .completed {
            #expect(end?.order?.ticketsTotal == script.quantity, "\(points)")
        }
        let limit = world.scheduler.uptimeNanoseconds + Self.patienceMs * 1_000_000
        while toll.died < expected, world.scheduler.uptimeNanoseconds < limit {
            try await world.scheduler.sleep(ms: 5)
        }
        // Who has not died by now never will, and is sent back to serve.
        toll.close()
        let isAnyLeft = toll.died < points.count
        if isAnyLeft { for service in services.keys { await suite.kill(service) } }
        for death in deaths { try await death.value }
        if isAnyLeft { for service in services.keys { try await relaunch(service, dyingAt: nil) } }
        return toll.died
    }

    /// Launches a service again each time that it dies, to die at the next place, and at last to
    /// serve.
    private func bury(
        _ child: ChildProcess, _ service: ServiceName, then places: ArraySlice<CrashPoint>,
        _ toll: CrashToll
    ) async throws {
        var child = child
        for place in places.map(Optional.some) + [nil] {
            let ending = await child.ending()
            guard !toll.isOver else { return }
            #expect(ending == .signalled(SIGKILL), "\(service) did not die of a failpoint")
            child = try await relaunch(service, dyingAt: place)
            guard toll.count() else { return }
        }
    }

    @discardableResult
    private func relaunch(
        _ service: ServiceName, dyingAt point: CrashPoint?
    ) async throws -> ChildProcess {
        await suite.kill(service)
        return try await suite.launch(
            service, with: ["TURNSTILE_FAILPOINT": point?.place ?? ""])
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
