/// Bounds on what a message may carry, the same in every contract.
public enum Bounds {
    /// One price or fee in minor units: far above any ticket, and far below where sums overflow.
    public static let priceMinor: ClosedRange<Int64> = 0...1_000_000_000_000
    /// 0 % to 100 %, in hundredths of a percent.
    public static let basisPoints: ClosedRange<Int64> = 0...10_000
    /// Different ticket types in one hold.
    public static let linesPerHold = 20
    /// Tickets of one type in one hold.
    public static let ticketsPerLine: ClosedRange<Int64> = 1...1_000
    /// Tickets of all types in a new hold. Orders of before may have up to `ticketsPerOrder`.
    public static let ticketsPerHold: ClosedRange<Int64> = 1...2_000
    public static let ticketsPerOrder: ClosedRange<Int64> = 0...20_000
    /// Tickets that an order is answered with; ListTickets has all.
    public static let ticketsPerReply = 500
    /// Places in a pool.
    public static let capacity: ClosedRange<Int64> = 0...100_000_000
    /// How long a hold may last without a word from the buyer: a second to two hours.
    public static let holdMs: ClosedRange<Int64> = 1_000...7_200_000
    public static let version: ClosedRange<Int64> = 1...Int64.max
    /// Rows of one page.
    public static let page: ClosedRange<Int64> = 1...500
    /// Violations that a check tells of.
    public static let violations = 1_000
    /// Who holds, buys and owns.
    public static let ownerBytes = 128
    /// Who called: an identity, and the kind and id of its actor.
    public static let callerBytes = 512
    /// A name of something: a type, a city.
    public static let nameBytes = 255
    /// A text that people read.
    public static let textBytes = 8_192
}
