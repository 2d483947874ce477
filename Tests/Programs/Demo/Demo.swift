import Lifecycle
import Net
import Processes
import RPC

/// One run: starts the services, sells, checks, reports.
struct Demo: Sendable {
    let options: Options
    let file: EventFile
    let house: House
    let world: World

    /// True when all went well.
    func run() async throws -> Bool {
        try await house.start()
        let offer = Offer(file, world: world)
        let manager = house.suite.client(of: .inventory, as: "operator")
        try await offer.publish(on: manager, world: world)
        manager.close()

        let buyers = options.buyers ?? max(8, min(64, Int(offer.places / 25)))
        Terminal.say(
            "\(file.title): \(Figures.count(offer.places)) tickets, \(buyers) buyers at once, "
                + "seed \(options.seed), \(house.description)")
        let floor = SalesFloor(offer, buyers: buyers, world: world)
        let killer = Killer(house: house, places: offer.places, world: world)
        let sale = Sale(
            floor: floor, house: house, killer: killer, buyers: buyers, seed: options.seed,
            world: world)
        let progress = Progress(floor: floor, world: world)
        let line = world.scheduler.spawn { try await progress.run() }
        defer { line.cancel() }
        try await sale.run()
        let report = try await check(floor, seconds: floor.elapsed, kills: killer.kills)
        line.cancel()
        progress.clear()
        Terminal.say(report.text)
        if options.json { Terminal.say(report.json) }
        await house.stop()
        return report.isSuccess
    }

    private func check(
        _ floor: SalesFloor, seconds: Double, kills: [Killer.Kill]
    ) async throws -> Report {
        floor.news = "sold out; money that comes too late goes back"
        try await LateMoney(suite: house.suite, world: world).comesBack(of: floor.attempts)
        floor.news = "sold out; the services verify themselves and each other"
        let verified = try await Verification(suite: house.suite, world: world).run()
        floor.news = "sold out; comparing with the buyers' own log"
        let audit = Audit(
            offer: floor.offer, attempts: floor.attempts, suite: house.suite, world: world)
        return Report(
            offer: floor.offer, attempts: floor.attempts, seconds: seconds, kills: kills,
            findings: try await audit.run(), verification: verified)
    }
}
