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
    /// Places in a pool.
    public static let capacity: ClosedRange<Int64> = 0...100_000_000
    /// How long a hold may last without a word from the buyer: a second to two hours.
    public static let holdMs: ClosedRange<Int64> = 1_000...7_200_000
    public static let version: ClosedRange<Int64> = 1...Int64.max
    /// Items of one page.
    public static let page: ClosedRange<Int64> = 1...500
    /// Who holds, buys and owns.
    public static let ownerBytes = 128
    /// A name of something: a type, a city.
    public static let nameBytes = 255
    /// A text that people read.
    public static let textBytes = 8_192
}
