public import Contracts
public import FoundationEssentials
public import Lifecycle
public import RPC

/// One buyer at a gateway, who does not give up: on the executables or in one process.
public struct CrashBuyer: Sendable {
    /// Longer than any service needs to come back, and a refund to be asked for again.
    private static let patienceMs: Int64 = 60_000

    public let checkoutID: UUID
    private let eventID: UUID
    private let types: [UUID]
    private let orders: any Caller
    private let world: World

    public init(
        checkoutID: UUID, eventID: UUID, types: [UUID], orders: any Caller, world: World
    ) {
        self.checkoutID = checkoutID
        self.eventID = eventID
        self.types = types
        self.orders = orders
        self.world = world
    }

    /// Of the first type as many as one line may have, then of the next.
    private func items(_ quantity: Int64) -> [HoldLine] {
        var left = quantity
        return types.compactMap { type in
            let count = min(left, Bounds.ticketsPerLine.upperBound)
            left -= count
            return count > 0 ? HoldLine(ticketTypeId: type, quantity: count) : nil
        }
    }

    private var contact: Contact { Contact(email: "ann@example.org") }

    public func purchase(_ method: String, quantity: Int64 = 2) async throws {
        try await ask(
            OrdersAPI.purchase,
            PurchaseRequest(
                purchaseId: checkoutID, owner: "ann", contact: contact, eventId: eventID,
                items: items(quantity), provider: "sim", paymentMethod: method))
    }

    public func reserve(holdTtlMs: Int64? = nil) async throws {
        try await ask(
            OrdersAPI.createCheckout,
            CreateCheckoutRequest(
                checkoutId: checkoutID, owner: "ann", contact: contact, eventId: eventID,
                items: items(2), holdTtlMs: holdTtlMs))
    }

    @discardableResult
    public func pay(
        _ method: String?, _ mode: CaptureMode, waitMs: Int64? = nil
    ) async throws -> CheckoutReply? {
        try await ask(
            OrdersAPI.startPayment,
            StartPaymentRequest(
                checkoutId: checkoutID, attemptId: world.newID(), provider: "sim",
                captureMode: mode, paymentMethod: method, waitMs: waitMs))
    }

    public func cancel(waitMs: Int64? = nil) async throws {
        try await ask(
            OrdersAPI.cancelCheckout,
            CancelCheckoutRequest(
                checkoutId: checkoutID, reason: "changed my mind", waitMs: waitMs))
    }

    public func pass(ms: Int64) async throws { try await world.scheduler.sleep(ms: ms) }

    /// The checkout once it has ended.
    public func end() async throws -> CheckoutReply? {
        let limit = world.scheduler.uptimeNanoseconds + UInt64(Self.patienceMs) * 1_000_000
        while world.scheduler.uptimeNanoseconds < limit {
            let reply = try? await orders.call(
                OrdersAPI.getCheckout, GetCheckoutRequest(checkoutId: checkoutID),
                CallOptions(timeoutMs: 1_000))
            if let reply, reply.state.isTerminal || reply.state == .parked { return reply }
            try await world.scheduler.sleep(ms: 10)
        }
        return nil
    }

    /// A refusal is an answer, nil here; no answer is asked for again.
    @discardableResult
    private func ask<Request>(
        _ method: Method<Request, CheckoutReply>, _ request: Request
    ) async throws -> CheckoutReply? {
        let limit = world.scheduler.uptimeNanoseconds + UInt64(Self.patienceMs) * 1_000_000
        while true {
            do {
                return try await orders.call(method, request, CallOptions(timeoutMs: 25_000))
            } catch let error as RPCError where error.isRefusal {
                return nil
            } catch {
                guard world.scheduler.uptimeNanoseconds < limit else { throw error }
                try await world.scheduler.sleep(ms: 20)
            }
        }
    }
}
