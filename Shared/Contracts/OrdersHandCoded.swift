public import Wire

// The messages of one purchase between a gateway and Orders, and the fact that it leaves in the
// feed, written and read by hand.

extension PurchaseRequest: HandCoded {
    public func write(to writer: inout CBORWriter) {
        writer.mapHeader(
            5
                + count(
                    provider != nil, paymentMethod != nil, expectedTotal != nil, waitMs != nil))
        writer.field("purchaseId", purchaseId)
        writer.field("owner", owner)
        writer.field("contact", contact)
        writer.field("eventId", eventId)
        writer.field("items", items)
        writer.field(ifPresent: "provider", provider)
        writer.field(ifPresent: "paymentMethod", paymentMethod)
        writer.field(ifPresent: "expectedTotal", expectedTotal)
        writer.field(ifPresent: "waitMs", waitMs)
    }

    public init(from reader: inout CBORReader) throws {
        var map = try reader.openMap()
        self.init(
            purchaseId: try map.read("purchaseId", from: &reader),
            owner: try map.read("owner", from: &reader),
            contact: try map.read("contact", from: &reader),
            eventId: try map.read("eventId", from: &reader),
            items: try map.read("items", from: &reader),
            provider: try map.readIfPresent("provider", from: &reader),
            paymentMethod: try map.readIfPresent("paymentMethod", from: &reader),
            expectedTotal: try map.readIfPresent("expectedTotal", from: &reader),
            waitMs: try map.readIfPresent("waitMs", from: &reader))
        try map.close(&reader)
    }
}

extension Contact: HandCoded {
    public func write(to writer: inout CBORWriter) {
        writer.mapHeader(1 + count(name != nil))
        writer.field("email", email)
        writer.field(ifPresent: "name", name)
    }

    public init(from reader: inout CBORReader) throws {
        var map = try reader.openMap()
        self.init(
            email: try map.read("email", from: &reader),
            name: try map.readIfPresent("name", from: &reader))
        try map.close(&reader)
    }
}

extension OrderFact: HandCoded {
    public func write(to writer: inout CBORWriter) {
        writer.mapHeader(4)
        writer.field("checkoutId", checkoutId)
        writer.field("eventId", eventId)
        writer.field("total", total)
        writer.field("tax", tax)
    }

    public init(from reader: inout CBORReader) throws {
        var map = try reader.openMap()
        self.init(
            checkoutId: try map.read("checkoutId", from: &reader),
            eventId: try map.read("eventId", from: &reader),
            total: try map.read("total", from: &reader),
            tax: try map.read("tax", from: &reader))
        try map.close(&reader)
    }
}

extension CheckoutReply: HandCoded {
    public func write(to writer: inout CBORWriter) {
        writer.mapHeader(
            7
                + count(
                    expiresInMs != nil, totals != nil, payment != nil, problem != nil,
                    refund != nil, parkReason != nil, isCancelRequested != nil, order != nil))
        writer.field("checkoutId", checkoutId)
        writer.field("eventId", eventId)
        writer.field("owner", owner)
        writer.field("state", state)
        writer.field("reservationStatus", reservationStatus)
        writer.field(ifPresent: "expiresInMs", expiresInMs)
        writer.field("lines", lines)
        writer.field(ifPresent: "totals", totals)
        writer.field(ifPresent: "payment", payment)
        writer.field(ifPresent: "problem", problem)
        writer.field(ifPresent: "refund", refund)
        writer.field(ifPresent: "parkReason", parkReason)
        writer.field(ifPresent: "isCancelRequested", isCancelRequested)
        writer.field(ifPresent: "order", order)
        writer.field("version", version)
    }

    public init(from reader: inout CBORReader) throws {
        var map = try reader.openMap()
        checkoutId = try map.read("checkoutId", from: &reader)
        eventId = try map.read("eventId", from: &reader)
        owner = try map.read("owner", from: &reader)
        state = try map.read("state", from: &reader)
        reservationStatus = try map.read("reservationStatus", from: &reader)
        expiresInMs = try map.readIfPresent("expiresInMs", from: &reader)
        lines = try map.read("lines", from: &reader)
        totals = try map.readIfPresent("totals", from: &reader)
        payment = try map.readIfPresent("payment", from: &reader)
        problem = try map.readIfPresent("problem", from: &reader)
        refund = try map.readIfPresent("refund", from: &reader)
        parkReason = try map.readIfPresent("parkReason", from: &reader)
        isCancelRequested = try map.readIfPresent("isCancelRequested", from: &reader)
        order = try map.readIfPresent("order", from: &reader)
        version = try map.read("version", from: &reader)
        try map.close(&reader)
    }
}

extension Totals: HandCoded {
    public func write(to writer: inout CBORWriter) {
        writer.mapHeader(4)
        writer.field("subtotal", subtotal)
        writer.field("fees", fees)
        writer.field("tax", tax)
        writer.field("total", total)
    }

    public init(from reader: inout CBORReader) throws {
        var map = try reader.openMap()
        self.init(
            subtotal: try map.read("subtotal", from: &reader),
            fees: try map.read("fees", from: &reader),
            tax: try map.read("tax", from: &reader),
            total: try map.read("total", from: &reader))
        try map.close(&reader)
    }
}

extension CheckoutPayment: HandCoded {
    public func write(to writer: inout CBORWriter) {
        writer.mapHeader(2 + count(attemptId != nil, action != nil, lastError != nil))
        writer.field("paymentId", paymentId)
        writer.field("provider", provider)
        writer.field(ifPresent: "attemptId", attemptId)
        writer.field(ifPresent: "action", action)
        writer.field(ifPresent: "lastError", lastError)
    }

    public init(from reader: inout CBORReader) throws {
        var map = try reader.openMap()
        self.init(
            paymentId: try map.read("paymentId", from: &reader),
            provider: try map.read("provider", from: &reader),
            attemptId: try map.readIfPresent("attemptId", from: &reader),
            action: try map.readIfPresent("action", from: &reader),
            lastError: try map.readIfPresent("lastError", from: &reader))
        try map.close(&reader)
    }
}

extension CheckoutProblem: HandCoded {
    public func write(to writer: inout CBORWriter) {
        writer.mapHeader(2)
        writer.field("reason", reason)
        writer.field("message", message)
    }

    public init(from reader: inout CBORReader) throws {
        var map = try reader.openMap()
        // As it came, by whichever coder: only who writes one cuts its text.
        reason = try map.read("reason", from: &reader)
        message = try map.read("message", from: &reader)
        try map.close(&reader)
    }
}

extension RefundProgress: HandCoded {
    public func write(to writer: inout CBORWriter) {
        writer.mapHeader(2)
        writer.field("owed", owed)
        writer.field("isSettled", isSettled)
    }

    public init(from reader: inout CBORReader) throws {
        var map = try reader.openMap()
        self.init(
            owed: try map.read("owed", from: &reader),
            isSettled: try map.read("isSettled", from: &reader))
        try map.close(&reader)
    }
}

extension OrderReply: HandCoded {
    public func write(to writer: inout CBORWriter) {
        writer.mapHeader(
            13
                + count(
                    paymentId != nil, provider != nil, completedAt != nil, ticketsNext != nil))
        writer.field("orderId", orderId)
        writer.field("orderNumber", orderNumber)
        writer.field("eventId", eventId)
        writer.field("owner", owner)
        writer.field("contact", contact)
        writer.field("status", status)
        writer.field("totalQuantity", totalQuantity)
        writer.field("total", total)
        writer.field("tax", tax)
        writer.field(ifPresent: "paymentId", paymentId)
        writer.field(ifPresent: "provider", provider)
        writer.field("paidAt", paidAt)
        writer.field(ifPresent: "completedAt", completedAt)
        writer.field("items", items)
        writer.field("ticketsTotal", ticketsTotal)
        writer.field("tickets", tickets)
        writer.field(ifPresent: "ticketsNext", ticketsNext)
    }

    public init(from reader: inout CBORReader) throws {
        var map = try reader.openMap()
        self.init(
            orderId: try map.read("orderId", from: &reader),
            orderNumber: try map.read("orderNumber", from: &reader),
            eventId: try map.read("eventId", from: &reader),
            owner: try map.read("owner", from: &reader),
            contact: try map.read("contact", from: &reader),
            status: try map.read("status", from: &reader),
            totalQuantity: try map.read("totalQuantity", from: &reader),
            total: try map.read("total", from: &reader),
            tax: try map.read("tax", from: &reader),
            paymentId: try map.readIfPresent("paymentId", from: &reader),
            provider: try map.readIfPresent("provider", from: &reader),
            paidAt: try map.read("paidAt", from: &reader),
            completedAt: try map.readIfPresent("completedAt", from: &reader),
            items: try map.read("items", from: &reader),
            ticketsTotal: try map.read("ticketsTotal", from: &reader),
            tickets: try map.read("tickets", from: &reader),
            ticketsNext: try map.readIfPresent("ticketsNext", from: &reader))
        try map.close(&reader)
    }
}

extension Ticket: HandCoded {
    public func write(to writer: inout CBORWriter) {
        writer.mapHeader(5)
        writer.field("ticketId", ticketId)
        writer.field("ticketTypeId", ticketTypeId)
        writer.field("index", index)
        writer.field("code", code)
        writer.field("state", state)
    }

    public init(from reader: inout CBORReader) throws {
        var map = try reader.openMap()
        self.init(
            ticketId: try map.read("ticketId", from: &reader),
            ticketTypeId: try map.read("ticketTypeId", from: &reader),
            index: try map.read("index", from: &reader),
            code: try map.read("code", from: &reader),
            state: try map.read("state", from: &reader))
        try map.close(&reader)
    }
}
