public import Wire

// The messages that one purchase sends to Payments and back, written and read by hand.

extension CreatePaymentRequest: HandCoded {
    public func write(to writer: inout CBORWriter) {
        writer.mapHeader(8 + count(paymentMethod != nil))
        writer.field("paymentId", paymentId)
        writer.field("checkoutId", checkoutId)
        writer.field("eventId", eventId)
        writer.field("owner", owner)
        writer.field("amount", amount)
        writer.field("provider", provider)
        writer.field("captureMode", captureMode)
        writer.field(ifPresent: "paymentMethod", paymentMethod)
        writer.field("expiresInMs", expiresInMs)
    }

    public init(from reader: inout CBORReader) throws {
        var map = try reader.openMap()
        self.init(
            paymentId: try map.read("paymentId", from: &reader),
            checkoutId: try map.read("checkoutId", from: &reader),
            eventId: try map.read("eventId", from: &reader),
            owner: try map.read("owner", from: &reader),
            amount: try map.read("amount", from: &reader),
            provider: try map.read("provider", from: &reader),
            captureMode: try map.read("captureMode", from: &reader),
            paymentMethod: try map.readIfPresent("paymentMethod", from: &reader),
            expiresInMs: try map.read("expiresInMs", from: &reader))
        try map.close(&reader)
    }
}

extension PaymentReply: HandCoded {
    public func write(to writer: inout CBORWriter) {
        writer.mapHeader(
            6
                + count(
                    amount != nil, authorised != nil, captured != nil, refundOwed != nil,
                    refunded != nil, fee != nil, provider != nil, captureMode != nil,
                    clientSecret != nil, lastError != nil))
        writer.field("paymentId", paymentId)
        writer.field("checkoutId", checkoutId)
        writer.field("state", state)
        writer.field("attempt", attempt)
        writer.field(ifPresent: "amount", amount)
        writer.field(ifPresent: "authorised", authorised)
        writer.field(ifPresent: "captured", captured)
        writer.field(ifPresent: "refundOwed", refundOwed)
        writer.field(ifPresent: "refunded", refunded)
        writer.field(ifPresent: "fee", fee)
        writer.field(ifPresent: "provider", provider)
        writer.field(ifPresent: "captureMode", captureMode)
        writer.field(ifPresent: "clientSecret", clientSecret)
        writer.field(ifPresent: "lastError", lastError)
        writer.field("createdAt", createdAt)
        writer.field("version", version)
    }

    public init(from reader: inout CBORReader) throws {
        var map = try reader.openMap()
        paymentId = try map.read("paymentId", from: &reader)
        checkoutId = try map.read("checkoutId", from: &reader)
        state = try map.read("state", from: &reader)
        attempt = try map.read("attempt", from: &reader)
        amount = try map.readIfPresent("amount", from: &reader)
        authorised = try map.readIfPresent("authorised", from: &reader)
        captured = try map.readIfPresent("captured", from: &reader)
        refundOwed = try map.readIfPresent("refundOwed", from: &reader)
        refunded = try map.readIfPresent("refunded", from: &reader)
        fee = try map.readIfPresent("fee", from: &reader)
        provider = try map.readIfPresent("provider", from: &reader)
        captureMode = try map.readIfPresent("captureMode", from: &reader)
        clientSecret = try map.readIfPresent("clientSecret", from: &reader)
        lastError = try map.readIfPresent("lastError", from: &reader)
        createdAt = try map.read("createdAt", from: &reader)
        version = try map.read("version", from: &reader)
        try map.close(&reader)
    }
}
