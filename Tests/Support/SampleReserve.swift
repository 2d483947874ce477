public import FoundationEssentials
public import Wire

/// A reserve request of about 250 bytes as gateways send it: what the codec is measured with and
/// its two ways of coding are compared on. This one has the synthesized `Codable`.
public struct SampleReserve: Message, Equatable {
    public var holdId: UUID
    public var eventId: UUID
    public var owner: String
    public var lines: [Line]
    public var promoCode: String?
    public var ttlMs: Int64
    public var purpose: String
    public var fence: Fence?

    public struct Line: Codable, Sendable, Equatable {
        public var ticketTypeId: UUID
        public var quantity: Int64
    }

    public struct Fence: Codable, Sendable, Equatable {
        public var orderId: UUID
        public var epoch: Int64
    }

    public static let fields = [
        Field("holdId", .id, "made by the caller"),
        Field("eventId", .id),
        Field("owner", .text(maxBytes: 128)),
        Field(
            "lines",
            .list(
                .message([
                    Field("ticketTypeId", .id), Field("quantity", .integer(1...100)),
                ]), maxCount: 20)),
        Field("promoCode", .text(maxBytes: 64), required: false),
        Field("ttlMs", .integer(1_000...3_600_000)),
        Field("purpose", .word(["CHECKOUT", "CART"])),
        Field(
            "fence", .message([Field("orderId", .id), Field("epoch", .integer(0...Int64.max))]),
            required: false),
    ]

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

/// The same request, written and read by hand.
public struct HandReserve: HandCoded, Equatable {
    public var request: SampleReserve

    public init(_ request: SampleReserve) { self.request = request }

    public static var fields: [Field] { SampleReserve.fields }

    public init(from decoder: any Decoder) throws { request = try SampleReserve(from: decoder) }

    public func encode(to encoder: any Encoder) throws { try request.encode(to: encoder) }

    public func write(to writer: inout CBORWriter) {
        writer.mapHeader(
            6 + (request.promoCode == nil ? 0 : 1) + (request.fence == nil ? 0 : 1))
        writer.field("holdId", request.holdId)
        writer.field("eventId", request.eventId)
        writer.field("owner", request.owner)
        writer.field("lines", request.lines)
        writer.field(ifPresent: "promoCode", request.promoCode)
        writer.field("ttlMs", request.ttlMs)
        writer.field("purpose", request.purpose)
        writer.field(ifPresent: "fence", request.fence)
    }

    public init(from reader: inout CBORReader) throws {
        var map = try reader.openMap()
        request = SampleReserve(
            holdId: try map.read("holdId", from: &reader),
            eventId: try map.read("eventId", from: &reader),
            owner: try map.read("owner", from: &reader),
            lines: try map.read("lines", from: &reader),
            promoCode: try map.readIfPresent("promoCode", from: &reader),
            ttlMs: try map.read("ttlMs", from: &reader),
            purpose: try map.read("purpose", from: &reader),
            fence: try map.readIfPresent("fence", from: &reader))
        try map.close(&reader)
    }
}

extension SampleReserve.Line: CBORWritable, CBORReadable {
    public func write(to writer: inout CBORWriter) {
        writer.mapHeader(2)
        writer.field("ticketTypeId", ticketTypeId)
        writer.field("quantity", quantity)
    }

    public init(from reader: inout CBORReader) throws {
        var map = try reader.openMap()
        ticketTypeId = try map.read("ticketTypeId", from: &reader)
        quantity = try map.read("quantity", from: &reader)
        try map.close(&reader)
    }
}

extension SampleReserve.Fence: CBORWritable, CBORReadable {
    public func write(to writer: inout CBORWriter) {
        writer.mapHeader(2)
        writer.field("orderId", orderId)
        writer.field("epoch", epoch)
    }

    public init(from reader: inout CBORReader) throws {
        var map = try reader.openMap()
        orderId = try map.read("orderId", from: &reader)
        epoch = try map.read("epoch", from: &reader)
        try map.close(&reader)
    }
}
