import Lifecycle

/// Shows how far the sale is: one line that changes on a terminal, a line every two seconds
/// elsewhere.
struct Progress: Sendable {
    let floor: SalesFloor
    let world: World
    let isTerminal = Terminal.isInteractive

    func run() async throws {
        let start = world.scheduler.uptimeNanoseconds
        var last = (at: start, completed: 0)
        var rate = 0.0
        while true {
            try await world.scheduler.sleep(ms: isTerminal ? 200 : 2_000)
            let (now, tally) = (world.scheduler.uptimeNanoseconds, floor.tally)
            let seconds = Double(now - last.at) / 1_000_000_000
            // Two readings a second apart would jump; half of the old figure calms it.
            let latest = Double(tally.completed - last.completed) / max(seconds, 0.001)
            rate = isTerminal ? (rate + latest) / 2 : latest
            last = (now, tally.completed)
            show(
                Self.line(
                    tally, places: floor.offer.places, rate: rate, news: floor.news,
                    elapsed: Double(now - start) / 1_000_000_000, bar: isTerminal ? 30 : 0))
        }
    }

    static func line(
        _ tally: Tally, places: Int64, rate: Double, news: String, elapsed: Double, bar: Int
    ) -> String {
        var parts = [
            "\(Figures.count(tally.sold))/\(Figures.count(places)) sold",
            "\(Figures.decimal(rate, 0)) purchases/s", "\(Figures.decimal(elapsed, 0)) s", news,
        ]
        if bar > 0 { parts[0] = "\(Figures.bar(tally.sold, of: places, width: bar)) \(parts[0])" }
        return parts.joined(separator: "  ")
    }

    /// Takes the line away again.
    func clear() { if isTerminal { Terminal.replaceLine("") } }

    private func show(_ line: String) {
        if isTerminal { Terminal.replaceLine(line) } else { Terminal.say(line) }
    }
}
