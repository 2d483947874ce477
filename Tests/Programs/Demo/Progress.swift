import Lifecycle

/// Shows how far the sale is: one line that changes on a terminal, a line every two seconds
/// elsewhere, and every ten while there is nothing to sell.
struct Progress: Sendable {
    let floor: SalesFloor
    let world: World
    let isTerminal = Terminal.isInteractive

    func run() async throws {
        var last = (at: floor.elapsed, completed: 0)
        var rate = 0.0
        while true {
            try await world.scheduler.sleep(
                ms: isTerminal ? 200 : floor.isWaiting ? 10_000 : 2_000)
            let (now, tally) = (floor.elapsed, floor.tally)
            let latest = Double(tally.completed - last.completed) / max(now - last.at, 0.001)
            // Readings a fifth of a second apart would jump; half of the old figure calms them.
            rate = isTerminal ? (rate + latest) / 2 : latest
            last = (now, tally.completed)
            show(
                Self.line(
                    tally, places: floor.offer.places,
                    rate: floor.isOver || floor.isWaiting ? nil : rate, news: floor.news,
                    elapsed: now, bar: isTerminal ? 30 : 0))
        }
    }

    /// - Parameter rate: purchases a second; nil while there are none.
    static func line(
        _ tally: Tally, places: Int64, rate: Double?, news: String, elapsed: Double, bar: Int
    ) -> String {
        var parts = ["\(Figures.count(tally.sold))/\(Figures.count(places)) sold"]
        if bar > 0 { parts[0] = "\(Figures.bar(tally.sold, of: places, width: bar)) \(parts[0])" }
        if let rate { parts.append("\(Figures.decimal(rate, 0)) purchases/s") }
        return (parts + ["\(Figures.decimal(elapsed, 0)) s", news]).joined(separator: "  ")
    }

    /// Takes the line away again.
    func clear() { if isTerminal { Terminal.replaceLine("") } }

    private func show(_ line: String) {
        if isTerminal { Terminal.replaceLine(line) } else { Terminal.say(line) }
    }
}
