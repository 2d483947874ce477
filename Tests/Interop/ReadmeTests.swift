import Contracts
import Foundation
import Lifecycle
import Net
import Processes
import RPC
import Testing

/// What the README shows runs, and what it names exists.
@Suite struct ReadmeTests {
    private static let root = URL(filePath: #filePath).appending(path: "../../..").standardized
    private static let text =
        (try? String(contentsOf: root.appending(path: "README.md"), encoding: .utf8)) ?? ""

    /// The fenced blocks of a language.
    private static func blocks(_ language: String) -> [String] {
        text.components(separatedBy: "```\(language)\n").dropFirst().compactMap {
            $0.components(separatedBy: "\n```").first
        }
    }

    @Test func everyFileThatItNamesExists() {
        let names = Self.text.components(separatedBy: "`").enumerated()
            .filter { index, name in index % 2 == 1 && !name.contains(" ") }.map(\.element)
            .filter { ["Shared/", "Services/", "Tests/", "deploy/"].contains(where: $0.hasPrefix) }
            .filter { !$0.hasSuffix("*") }
        #expect(names.count > 15)
        for name in names {
            let path = Self.root.appending(path: name).path
            #expect(FileManager.default.fileExists(atPath: path), "\(name)")
        }
    }

    @Test func theGatewayBuysTwoTickets() async throws {
        let script = try #require(Self.blocks("python").first)
        #expect(script.components(separatedBy: "\n").count < 30)
        let folder = try WorkFolder(named: "turnstile-readme")
        defer { folder.remove() }
        let loop = try EventLoop()
        loop.start(name: "loop")
        defer { loop.stop() }
        let world = World(
            scheduler: loop, clock: SystemClock(), random: KernelRandom(), log: .silent,
            metrics: Metrics())
        let suite = try ServiceSuite(in: folder, world: world, on: TCPNetwork(loop: loop))
        defer { suite.killAll() }
        try await suite.start()
        let (event, type) = try await loop.spawn {
            try await Self.publishEvent(suite.client(of: .inventory, as: "operator"), world)
        }.value
        let file = folder.file("gateway.py")
        try script.write(toFile: file, atomically: true, encoding: .utf8)
        let orders = suite.address(of: .orders)
        let output = try await Python.run(
            file: file, [orders.host, "\(orders.port)", event.uuidString, type.uuidString],
            environment: ["TURNSTILE_CREDENTIALS": suite.credentialsFile(of: "gateway")])
        let codes = output.split(separator: "\n")
        #expect(codes.count == 2)
        #expect(codes.allSatisfy { $0.wholeMatch(of: /[0-9A-Z]{6}(-[0-9A-Z]{6}){3}/) != nil })
        await suite.stop()
    }

    private static func publishEvent(_ staff: Client, _ world: World) async throws -> (UUID, UUID) {
        defer { staff.close() }
        let (event, type, euro) = (world.newID(), world.newID(), Currency("EUR"))
        let created = try await staff.call(
            InventoryAPI.createEvent,
            CreateEventRequest(
                eventId: event, title: "Club night",
                startsAt: world.now.advanced(byMs: 86_400_000), currency: euro, totalCapacity: 2))
        _ = try await staff.call(
            InventoryAPI.putTicketType,
            PutTicketTypeRequest(
                ticketTypeId: type, eventId: event, name: "Regular", price: Money(2_500, euro)))
        _ = try await staff.call(
            InventoryAPI.publishEvent,
            PublishEventRequest(eventId: event, expectedVersion: created.event.version))
        return (event, type)
    }
}
