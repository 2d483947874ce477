/// Seconds of the sale in which there was something to sell: it stands still while buyers wait for
/// tickets that somebody holds.
struct SellingClock: Sendable {
    private var stoodStill = 0.0
    private var stoppedAt: Double?

    /// - Parameter now: seconds since the sale began, here and below.
    mutating func stop(at now: Double) { stoppedAt = stoppedAt ?? now }

    mutating func goOn(at now: Double) {
        stoodStill += now - (stoppedAt ?? now)
        stoppedAt = nil
    }

    func reading(at now: Double) -> Double { (stoppedAt ?? now) - stoodStill }
}
