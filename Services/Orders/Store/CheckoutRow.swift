import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Saga
import Storage

extension Checkout: StoredRow {
    static let table = TableLayout(
        "checkout", key: ["checkout_id"],
        columns: [
            "checkout_id", "owner", "email", "name", "event_id", "items", "provider",
            "payment_method", "method_print", "expected_minor", "expected_currency", "buyer",
            "created_at", "state", "step", "direction", "attempt", "next_run_at", "epoch", "lines",
            "hold_expires_at", "is_hold_released", "payment_action", "payment_error",
            "owed_minor", "is_refund_settled", "problem", "trouble", "park_reason",
            "parked_from", "paid_at", "ended_at", "step_count", "version", "owed_currency",
            "way", "hold_ttl_ms", "attempt_made", "attempt_queued", "is_payment_live",
            "is_superseded", "payment_state", "is_cancel_requested", "key_number",
            "owner_kind",
        ])

    var key: UUID { id }

    func write(to columns: inout ColumnWriter) {
        columns.append(id)
        columns.append(owner)
        columns.append(contact.email)
        columns.append(contact.name)
        columns.append(eventID)
        columns.append(Packed.items(items))
        columns.append(provider)
        columns.append(paymentMethod)
        columns.append(methodPrint)
        columns.append(expectedTotal?.amount)
        columns.append(expectedTotal?.currency.code)
        columns.append(buyer.map { Packed.actor($0) })
        columns.append(createdAt)
        columns.append(state.word)
        columns.append(step?.step)
        columns.append(step?.direction)
        columns.append(step?.attempt)
        columns.append(nextRunAt)
        columns.append(epoch)
        columns.append(lines.isEmpty ? nil : Packed.lines(lines))
        columns.append(holdExpiresAt)
        columns.append(isHoldReleased)
        columns.append(paymentAction)
        columns.append(paymentError)
        columns.append(owed?.amount)
        columns.append(isRefundSettled)
        columns.append(problem.map { Packed.problem($0) })
        columns.append(trouble)
        columns.append(parkReason)
        columns.append(parkedFrom?.word)
        columns.append(paidAt)
        columns.append(endedAt)
        columns.append(stepCount)
        columns.append(version)
        columns.append(owed?.currency.code)
        columns.append(way)
        columns.append(holdTtlMs)
        columns.append(attempt.map { Packed.attempt($0) })
        columns.append(queued.map { Packed.attempt($0) })
        columns.append(isPaymentLive)
        columns.append(isSuperseded)
        columns.append(paymentState?.word)
        columns.append(isCancelRequested)
        columns.append(keyNumber)
        columns.append(ownerKind)
    }

    init(from columns: inout ColumnReader) throws {
        id = try columns.next()
        owner = try columns.next()
        contact = Contact(email: try columns.next(), name: try columns.next())
        eventID = try columns.next()
        items = try Packed.items(columns.next())
        provider = try columns.next()
        paymentMethod = try columns.next()
        methodPrint = try columns.next()
        let expected = (try columns.next(Int64?.self), try columns.next(String?.self))
        expectedTotal = expected.0.flatMap { amount in
            expected.1.map { Money(amount, Currency($0)) }
        }
        buyer = try columns.next([UInt8]?.self).map { try Packed.actor($0) }
        createdAt = try columns.next()
        state = CheckoutState(try columns.next())
        let name = try columns.next(String?.self)
        let direction = try columns.next(SagaDirection?.self)
        let tries = try columns.next(Int64?.self)
        step = name.map { SagaPosition($0, direction ?? .act, attempt: tries ?? 0) }
        nextRunAt = try columns.next()
        epoch = try columns.next()
        lines = try columns.next([UInt8]?.self).map { try Packed.lines($0) } ?? []
        holdExpiresAt = try columns.next()
        isHoldReleased = try columns.next()
        paymentAction = try columns.next()
        paymentError = try columns.next()
        let owedMinor = try columns.next(Int64?.self)
        isRefundSettled = try columns.next()
        problem = try columns.next([UInt8]?.self).map { try Packed.problem($0, of: .ofPurchases) }
        trouble = try columns.next()
        parkReason = try columns.next()
        parkedFrom = try columns.next(String?.self).map { CheckoutState($0) }
        paidAt = try columns.next()
        endedAt = try columns.next()
        stepCount = try columns.next()
        version = try columns.next()
        let owedCurrency = try columns.next(String?.self).map { Currency($0) }
        way = try columns.next()
        holdTtlMs = try columns.next()
        attempt = try columns.next([UInt8]?.self).map { try Packed.attempt($0) }
        queued = try columns.next([UInt8]?.self).map { try Packed.attempt($0) }
        isPaymentLive = try columns.next()
        isSuperseded = try columns.next()
        paymentState = try columns.next(String?.self).map { PaymentState($0) }
        isCancelRequested = try columns.next()
        keyNumber = try columns.next(Int64?.self) ?? TicketKeys.firstNumber
        ownerKind = try columns.next()
        owed = owedMinor.map { Money($0, owedCurrency ?? currency) }
    }
}

extension CheckoutWay: Bindable {}
