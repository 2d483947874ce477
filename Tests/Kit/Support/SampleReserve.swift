public import FoundationEssentials
public import Wire

/// A reserve request of about 250 bytes as gateways send it: what codec and check are tested and
/// measured with.
public struct SampleReserve: Message, Equatable {
    public var holdId: UUID
    public var eventId: UUID
    public var owner: String
    public var lines: [Line]
    public var promoCode: String?
    public var ttlMs: Int64
    public var purpose: String
    public var fence: Fence?

    public struct Line: Message, Equatable {
        public var ticketTypeId: UUID
        public var quantity: Int64
    }

    public struct Fence: Message, Equatable {
        public var orderId: UUID
        public var epoch: Int64
    }

    public static let example = SampleReserve(
        holdId: id("0199d3a0-7c1e-7b9e-8f7e-2f4e6d7a1b2c"),
        eventId: id("0199d3a0-0000-7000-8000-0000000000e1"), owner: "user:48210",
        lines: [
            Line(ticketTypeId: id("0199d3a0-0000-7000-8000-0000000000a1"), quantity: 2),
            Line(ticketTypeId: id("0199d3a0-0000-7000-8000-0000000000a2"), quantity: 1),
        ],
        promoCode: "EARLYBIRD", ttlMs: 600_000, purpose: "CHECKOUT",
        fence: Fence(orderId: id("0199d3a0-7c1e-7b9e-8f7e-2f4e6d7a1b2d"), epoch: 7))

    private static func id(_ text: String) -> UUID { UUID(uuidString: text) ?? UUID() }
}

extension SampleReserve {
    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        holdId = f("holdId", it, "made by the caller") { $0.holdId }
        eventId = f("eventId", it) { $0.eventId }
        owner = f("owner", it, .text(maxBytes: 128)) { $0.owner }
        lines = f("lines", it, .list(maxCount: 20)) { $0.lines }
        promoCode = f("promoCode", it, .text(maxBytes: 64)) { $0.promoCode }
        ttlMs = f("ttlMs", it, .integer(1_000...3_600_000)) { $0.ttlMs }
        purpose = f("purpose", it, .word(["CHECKOUT", "CART"])) { $0.purpose }
        fence = f("fence", it) { $0.fence }
    }
}

extension SampleReserve.Line {
    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        ticketTypeId = f("ticketTypeId", it) { $0.ticketTypeId }
        quantity = f("quantity", it, .integer(1...100)) { $0.quantity }
    }
}

extension SampleReserve.Fence {
    @inline(__always)
    public init(_ f: some FieldWalk, _ it: Written<Self>) {
        orderId = f("orderId", it) { $0.orderId }
        epoch = f("epoch", it, .integer(0...Int64.max)) { $0.epoch }
    }
}
