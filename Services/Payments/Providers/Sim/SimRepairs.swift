import FoundationEssentials
import Lifecycle
import Storage

/// What a clock of the provider's that was ahead has put off. A payment that had come due by that
/// clock was told as captured, and stays that; one that had not comes due now.
enum SimRepairs {
    static func all(
        in journal: Database, _ configuration: SimConfiguration, _ webhooks: SimWebhooks,
        world: World
    ) -> [ClockRepair<UUID>] {
        let longestMs = max(configuration.lateMs, configuration.actionMs)
        let authorisationMs = configuration.authorisationMs
        let isPutOff = { @Sendable (now: Instant) -> SQL in
            """
            (due_at > \(now.advanced(byMs: longestMs))
                OR lapses_at > \(now.advanced(byMs: authorisationMs)))
            """
        }
        // An authorisation that lapses is told of on that day; nothing else is so far away.
        let isOfTheFuture = { @Sendable (now: Instant) -> SQL in
            """
            (created_at > \(now.advanced(byMs: longestMs))
                AND type <> \(SimEventType.declined))
            """
        }
        let payments = ClockRepair<UUID>("sim_payment", in: journal, world: world) {
            reader, limit in
            try reader.query(
                "SELECT payment_id FROM sim_payment WHERE \(isPutOff(reader.now)) LIMIT \(limit)"
            ) { try $0.next() }
        } by: { batch, id in
            guard let before = try batch.find(SimPaymentRow.self, id)?.payment else { return }
            let payment = before.begun(
                notAfter: batch.now, longestMs: longestMs, authorisationMs: authorisationMs)
            try batch.update(SimPaymentRow(payment))
            try webhooks.record(payment, before: before, in: batch)
        }
        let events = ClockRepair<UUID>("sim_event", in: journal, world: world) { reader, limit in
            try reader.query(
                """
                SELECT DISTINCT event_id FROM sim_event WHERE \(isOfTheFuture(reader.now))
                LIMIT \(limit)
                """
            ) { try $0.next() }
        } by: { batch, id in
            try batch.execute(
                """
                UPDATE sim_event SET created_at = \(batch.now), due_at = \(batch.now)
                WHERE event_id = \(id) AND \(isOfTheFuture(batch.now))
                """)
        }
        return [payments, events]
    }
}

extension SimPayment {
    /// The same, due no later than if it had begun now.
    fileprivate func begun(
        notAfter now: Instant, longestMs: Int64, authorisationMs: Int64
    ) -> SimPayment {
        var payment = self
        if dueAt > now.advanced(byMs: longestMs) { payment.dueAt = now }
        payment.lapsesAt = min(lapsesAt, now.advanced(byMs: authorisationMs))
        return payment
    }
}
