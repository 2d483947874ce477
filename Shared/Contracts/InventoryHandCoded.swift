public import Wire

// The messages of the hot path, written and read by hand: one purchase sends each of them once.

extension Fence: HandCoded {
    public func write(to writer: inout CBORWriter) {
        writer.mapHeader(2)
        writer.field("orderId", orderId)
        writer.field("epoch", epoch)
    }

    public init(from reader: inout CBORReader) throws {
        var map = try reader.openMap()
        self.init(
            orderId: try map.read("orderId", from: &reader),
            epoch: try map.read("epoch", from: &reader))
        try map.close(&reader)
    }
}

extension HoldReference: HandCoded {
    public func write(to writer: inout CBORWriter) {
        writer.mapHeader(2)
        writer.field("kind", kind)
        writer.field("id", id)
    }

    public init(from reader: inout CBORReader) throws {
        var map = try reader.openMap()
        self.init(kind: try map.read("kind", from: &reader), id: try map.read("id", from: &reader))
        try map.close(&reader)
    }
}

extension HoldLine: HandCoded {
    public func write(to writer: inout CBORWriter) {
        writer.mapHeader(2)
        writer.field("ticketTypeId", ticketTypeId)
        writer.field("quantity", quantity)
    }

    public init(from reader: inout CBORReader) throws {
        var map = try reader.openMap()
        self.init(
            ticketTypeId: try map.read("ticketTypeId", from: &reader),
            quantity: try map.read("quantity", from: &reader))
        try map.close(&reader)
    }
}

extension ReserveRequest: HandCoded {
    public func write(to writer: inout CBORWriter) {
        writer.mapHeader(
            4
                + count(
                    ttlMs != nil, purpose != nil, fence != nil, replaces != nil, reference != nil))
        writer.field("holdId", holdId)
        writer.field("eventId", eventId)
        writer.field("owner", owner)
        writer.field("lines", lines)
        writer.field(ifPresent: "ttlMs", ttlMs)
        writer.field(ifPresent: "purpose", purpose)
        writer.field(ifPresent: "fence", fence)
        writer.field(ifPresent: "replaces", replaces)
        writer.field(ifPresent: "reference", reference)
    }

    public init(from reader: inout CBORReader) throws {
        var map = try reader.openMap()
        self.init(
            holdId: try map.read("holdId", from: &reader),
            eventId: try map.read("eventId", from: &reader),
            owner: try map.read("owner", from: &reader),
            lines: try map.read("lines", from: &reader),
            ttlMs: try map.readIfPresent("ttlMs", from: &reader),
            purpose: try map.readIfPresent("purpose", from: &reader),
            fence: try map.readIfPresent("fence", from: &reader),
            replaces: try map.readIfPresent("replaces", from: &reader),
            reference: try map.readIfPresent("reference", from: &reader))
        try map.close(&reader)
    }
}

extension PricedLine: HandCoded {
    public func write(to writer: inout CBORWriter) {
        writer.mapHeader(6)
        writer.field("ticketTypeId", ticketTypeId)
        writer.field("name", name)
        writer.field("quantity", quantity)
        writer.field("unitPrice", unitPrice)
        writer.field("fee", fee)
        writer.field("tax", tax)
    }

    public init(from reader: inout CBORReader) throws {
        var map = try reader.openMap()
        self.init(
            ticketTypeId: try map.read("ticketTypeId", from: &reader),
            name: try map.read("name", from: &reader),
            quantity: try map.read("quantity", from: &reader),
            unitPrice: try map.read("unitPrice", from: &reader),
            fee: try map.read("fee", from: &reader), tax: try map.read("tax", from: &reader))
        try map.close(&reader)
    }
}

extension HoldReply: HandCoded {
    public func write(to writer: inout CBORWriter) {
        writer.mapHeader(
            6
                + count(
                    eventId != nil, owner != nil, purpose != nil, expiresAt != nil,
                    expiresInMs != nil, maxExpiresAt != nil, orderId != nil, reference != nil))
        writer.field("holdId", holdId)
        writer.field("state", state)
        writer.field(ifPresent: "eventId", eventId)
        writer.field(ifPresent: "owner", owner)
        writer.field(ifPresent: "purpose", purpose)
        writer.field("lines", lines)
        writer.field("createdAt", createdAt)
        writer.field(ifPresent: "expiresAt", expiresAt)
        writer.field(ifPresent: "expiresInMs", expiresInMs)
        writer.field(ifPresent: "maxExpiresAt", maxExpiresAt)
        writer.field("extensions", extensions)
        writer.field(ifPresent: "orderId", orderId)
        writer.field("reclaimed", reclaimed)
        writer.field(ifPresent: "reference", reference)
    }

    public init(from reader: inout CBORReader) throws {
        var map = try reader.openMap()
        self.init(
            holdId: try map.read("holdId", from: &reader),
            state: try map.read("state", from: &reader),
            eventId: try map.readIfPresent("eventId", from: &reader),
            owner: try map.readIfPresent("owner", from: &reader),
            purpose: try map.readIfPresent("purpose", from: &reader),
            lines: try map.read("lines", from: &reader),
            createdAt: try map.read("createdAt", from: &reader),
            expiresAt: try map.readIfPresent("expiresAt", from: &reader),
            expiresInMs: try map.readIfPresent("expiresInMs", from: &reader),
            maxExpiresAt: try map.readIfPresent("maxExpiresAt", from: &reader),
            extensions: try map.read("extensions", from: &reader),
            orderId: try map.readIfPresent("orderId", from: &reader),
            reclaimed: try map.read("reclaimed", from: &reader),
            reference: try map.readIfPresent("reference", from: &reader))
        try map.close(&reader)
    }
}

extension BeginCommitRequest: HandCoded {
    public func write(to writer: inout CBORWriter) {
        writer.mapHeader(4)
        writer.field("holdId", holdId)
        writer.field("orderId", orderId)
        writer.field("epoch", epoch)
        writer.field("allowReclaim", allowReclaim)
    }

    public init(from reader: inout CBORReader) throws {
        var map = try reader.openMap()
        self.init(
            holdId: try map.read("holdId", from: &reader),
            orderId: try map.read("orderId", from: &reader),
            epoch: try map.read("epoch", from: &reader),
            allowReclaim: try map.read("allowReclaim", from: &reader))
        try map.close(&reader)
    }
}

extension ConsumeHoldRequest: HandCoded {
    public func write(to writer: inout CBORWriter) {
        writer.mapHeader(2)
        writer.field("holdId", holdId)
        writer.field("orderId", orderId)
    }

    public init(from reader: inout CBORReader) throws {
        var map = try reader.openMap()
        self.init(
            holdId: try map.read("holdId", from: &reader),
            orderId: try map.read("orderId", from: &reader))
        try map.close(&reader)
    }
}

extension HoldFact: HandCoded {
    public func write(to writer: inout CBORWriter) {
        writer.mapHeader(2 + count(orderId != nil, reason != nil, reference != nil))
        writer.field("holdId", holdId)
        writer.field("eventId", eventId)
        writer.field(ifPresent: "orderId", orderId)
        writer.field(ifPresent: "reason", reason)
        writer.field(ifPresent: "reference", reference)
    }

    public init(from reader: inout CBORReader) throws {
        var map = try reader.openMap()
        self.init(
            holdId: try map.read("holdId", from: &reader),
            eventId: try map.read("eventId", from: &reader),
            orderId: try map.readIfPresent("orderId", from: &reader),
            reason: try map.readIfPresent("reason", from: &reader),
            reference: try map.readIfPresent("reference", from: &reader))
        try map.close(&reader)
    }
}
