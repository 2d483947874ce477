import FoundationEssentials
import Lifecycle
import Storage

extension PaymentStore {
    /// What a clock that was ahead has put off: no look at anything is further away than the
    /// longest pause, and no payment begins in a time to come and waits the longer for its buyer.
    func clockRepairs(_ world: World) -> [any Service] {
        let far = { @Sendable (now: Instant) -> SQL in
            "next_try_at > \(now.advanced(byMs: PaymentTimes.longestPauseMs))"
        }
        let toleratedMs = ClockRepair<UUID>.toleratedMs
        return [
            ClockRepair("payment", in: database, world: world) { reader, limit in
                try reader.query(
                    """
                    SELECT payment_id FROM payment WHERE open_since IS NOT NULL
                        AND (\(far(reader.now))
                            OR created_at > \(reader.now.advanced(byMs: toleratedMs)))
                    LIMIT \(limit)
                    """
                ) { try $0.next(UUID.self) }
            } by: { batch, id in
                guard let payment = try batch.find(PaymentRow.self, id)?.payment else { return }
                try batch.update(PaymentRow(payment.begun(notAfter: batch.now)))
            },
            ClockRepair("refund", in: database, world: world) { reader, limit in
                try reader.query(
                    "SELECT refund_id FROM refund WHERE \(far(reader.now)) LIMIT \(limit)"
                ) { try $0.next(UUID.self) }
            } by: { batch, id in
                try batch.execute(
                    """
                    UPDATE refund SET next_try_at = \(batch.now)
                    WHERE refund_id = \(id) AND \(far(batch.now))
                    """)
            },
            ClockRepair("webhook", in: database, world: world) { reader, limit in
                try reader.query(
                    """
                    SELECT provider, event_id FROM webhook WHERE \(far(reader.now)) LIMIT \(limit)
                    """
                ) { Webhook.ID(provider: try $0.next(), eventID: try $0.next()) }
            } by: { batch, id in
                try batch.execute(
                    """
                    UPDATE webhook SET next_try_at = \(batch.now)
                    WHERE provider = \(id.provider) AND event_id = \(id.eventID)
                        AND \(far(batch.now))
                    """)
            },
        ]
    }
}
