import Contracts
import FoundationEssentials
import Lifecycle
import Storage

// What must hold of webhooks, as queries that return what must not be.
extension Reader {
    /// P-4: a webhook that waits says when it is looked at again, one that is over says since when,
    /// and one that is parked says neither.
    func lostWebhooks() throws -> [Violation] {
        try query(
            """
            SELECT provider, event_id, state, applied_at, next_try_at FROM webhook
            WHERE CASE
                WHEN state IN ('RECEIVED', 'NO_TARGET_YET')
                    THEN applied_at IS NOT NULL OR next_try_at IS NULL
                WHEN state IN ('APPLIED', 'IGNORED')
                    THEN applied_at IS NULL OR next_try_at IS NOT NULL
                ELSE state <> 'PARKED' OR applied_at IS NOT NULL OR next_try_at IS NOT NULL
                END
            ORDER BY provider, event_id LIMIT 1000
            """
        ) { columns in
            let (provider, event): (String, String) = (try columns.next(), try columns.next())
            let state: String = try columns.next()
            let applied = try columns.next(Int64?.self).map { ", applied at \($0)" } ?? ""
            let next = try columns.next(Int64?.self).map { ", looked at again at \($0)" } ?? ""
            return Violation(
                invariant: "P-4", subject: "webhook \(provider) \(event)",
                expected: "waiting with a time to look, or over with a time since when, or parked",
                actual: state + applied + next)
        }
    }

    /// P-4: what was applied was applied to a payment that is there.
    func webhooksOfNothing() throws -> [Violation] {
        try query(
            """
            SELECT w.provider, w.event_id FROM webhook w
            LEFT JOIN payment p ON p.payment_id = w.object_ref AND p.provider = w.provider
            WHERE w.state = 'APPLIED' AND p.payment_id IS NULL
            ORDER BY w.provider, w.event_id LIMIT 1000
            """
        ) { columns in
            Violation(
                invariant: "P-4",
                subject:
                    "webhook \(try columns.next(String.self)) \(try columns.next(String.self))",
                expected: "a payment of its provider", actual: "there is none")
        }
    }

    /// Webhooks whose effect is not committed yet. Those without a target may stay so for a day,
    /// and say nothing about anybody's money here.
    func webhooksOnTheirWay() throws -> Int64 {
        try query("SELECT COUNT(*) FROM webhook WHERE state = 'RECEIVED'") {
            try $0.next(Int64.self)
        }.first ?? 0
    }
}
