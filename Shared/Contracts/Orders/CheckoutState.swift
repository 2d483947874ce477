internal import Wire

/// Where a checkout stands. An open word: a reader keeps states that it does not know.
public struct CheckoutState: Word {
    public let rawValue: String

    public init(rawValue: String) { self.rawValue = rawValue }

    /// Stored with everything that it will do; nothing has been asked of anybody.
    public static let new = CheckoutState("NEW")
    /// Inventory refused. Terminal.
    public static let rejected = CheckoutState("REJECTED")
    /// Stock is held, and no payment has been started.
    public static let reserved = CheckoutState("RESERVED")
    /// The payment waits for the buyer or the provider, and the hold's time runs.
    public static let paying = CheckoutState("PAYING")
    /// Stock is fenced and cannot expire while money is being taken.
    public static let committing = CheckoutState("COMMITTING")
    /// Money is taken: only forward from here.
    public static let paid = CheckoutState("PAID")
    /// Tickets are issued. Terminal.
    public static let completed = CheckoutState("COMPLETED")
    public static let cancelling = CheckoutState("CANCELLING")
    /// Nothing is held and nothing was taken. Terminal.
    public static let cancelled = CheckoutState("CANCELLED")
    public static let expiring = CheckoutState("EXPIRING")
    /// The hold's time ended before the money came. Terminal.
    public static let expired = CheckoutState("EXPIRED")
    /// Money was taken for what cannot be given; it is on its way back.
    public static let refunding = CheckoutState("REFUNDING")
    /// The money is back and the stock is free. Terminal.
    public static let refunded = CheckoutState("REFUNDED")
    /// A human must decide.
    public static let parked = CheckoutState("PARKED")

    public static let known: [CheckoutState] = [
        .new, .rejected, .reserved, .paying, .committing, .paid, .completed, .cancelling,
        .cancelled, .expiring, .expired, .refunding, .refunded, .parked,
    ]

    public var isTerminal: Bool {
        switch self {
        case .rejected, .cancelled, .expired, .refunded, .completed: true
        default: false
        }
    }

    /// The same, in the words a shop shows.
    public var reservationStatus: ReservationStatus {
        switch self {
        case .new: .pending
        case .reserved: .reserved
        case .paying, .committing, .paid: .paymentProcessing
        case .completed: .confirmed
        case .expiring, .expired: .expired
        case .parked: .paymentProcessing
        default: .released
        }
    }
}

/// What has become of the stock, as a shop tells its buyer.
public struct ReservationStatus: Word {
    public let rawValue: String

    public init(rawValue: String) { self.rawValue = rawValue }

    public static let pending = ReservationStatus("pending")
    public static let reserved = ReservationStatus("reserved")
    public static let paymentProcessing = ReservationStatus("payment_processing")
    public static let confirmed = ReservationStatus("confirmed")
    public static let expired = ReservationStatus("expired")
    public static let released = ReservationStatus("released")

    public static let known: [ReservationStatus] = [
        .pending, .reserved, .paymentProcessing, .confirmed, .expired, .released,
    ]
}
