import Lifecycle
import Storage

/// Sends the webhooks of `sim` until each is accepted. What it does not get rid of in three days
/// nobody hears of.
struct SimSendJob: Service {
    let world: World
    let journal: Database
    let webhooks: SimWebhooks
    let bell: Bell
    /// Returns once the webhook is accepted.
    let deliver: @Sendable (ProviderWebhook) async throws -> Void

    let name = "sim-sender"

    static let patienceMs: Int64 = 3 * 24 * 3_600_000

    func run() async throws {
        await DueLoop("sim_event", in: [.all], world, wokenBy: bell).run {
            try await journal.dueSimEvents(after: $1, limit: $2)
        } look: { key in
            let (event, now) = try await journal.read {
                (try $0.find(SimEventRow.self, key)?.event, $0.now)
            }
            if let event { await send(event, at: now) }
        }
    }

    private func send(_ event: SimEvent, at now: Instant) async {
        let isAccepted: Bool
        do {
            try await deliver(webhooks.webhook(of: event, at: now))
            isAccepted = true
        } catch {
            world.metrics.count("sim.webhooks_refused")
            isAccepted = false
        }
        let isLost = !isAccepted && event.createdAt.millisecondsUntil(now) >= Self.patienceMs
        do {
            try await journal.write { batch in
                let key = SimEventRow(event).key
                guard try batch.find(SimEventRow.self, key) != nil else { return }
                guard !isAccepted, !isLost else { return try batch.delete(SimEventRow.self, key) }
                var event = event
                event.dueAt = batch.now.advanced(byMs: Self.pauseMs(tries: event.tries))
                event.tries = event.tries &+ 1
                try batch.update(SimEventRow(event))
            }
        } catch {
            // Sent once more; whoever has accepted it knows it by its id.
            world.log.warning("sim.webhook_unsettled", ["error": "\(error)"])
        }
        if isLost {
            world.metrics.count("sim.webhooks_lost")
            world.log.error(
                "sim.webhook_lost", ["payment": event.paymentID, "type": event.type.rawValue])
        }
    }

    /// 1 s doubling to an hour.
    private static func pauseMs(tries: Int64) -> Int64 {
        RetryPolicy(firstMs: 1_000, longestMs: 3_600_000).delayMs(after: tries)
    }
}
