import Contracts
import Processes

extension Report {
    /// For people, most important first.
    var text: String {
        ([headline] + sales + endings + money + proof + speed + [verdict])
            .joined(separator: "\n")
    }

    private var headline: String {
        let place = offer.file.location.map { ", \($0)" } ?? ""
        let state = sold == offer.places ? "sold out" : "NOT sold out"
        return "\n\(offer.file.title)\(place): \(state) in \(Figures.seconds(seconds))\n"
    }

    private var sales: [String] {
        let width = max(24, offer.types.map(\.entry.name.count).max() ?? 0)
        var lines = [row("Tickets", width, "price", "capacity", "sold")]
        let allocated = offer.types.reduce(0) { $0 + ($1.entry.allocation ?? 0) }
        let unallocated = offer.places - allocated
        for type in offer.types {
            let sold = findings.stock?.types.first { $0.ticketTypeId == type.id }?.sold ?? 0
            let allocation = type.entry.allocation
            lines.append(
                row(
                    type.entry.name, width,
                    Figures.money(type.entry.price, offer.file.currency),
                    allocation.map { Figures.count($0) } ?? "open", Figures.count(sold))
                    + "  \(Figures.bar(sold, of: allocation ?? unallocated, width: 20))")
        }
        let all = findings.stock?.event.sold ?? 0
        lines.append(
            row("together", width, "", Figures.count(offer.places), Figures.count(all)))
        let held = findings.stock?.event.held ?? 0
        lines.append(row("still held", width, "", "", Figures.count(held)))
        return lines
    }

    private func row(
        _ name: String, _ width: Int, _ price: String, _ capacity: String, _ sold: String
    ) -> String {
        "  \(Figures.pad(name, width))\(Figures.padLeft(price, 14))"
            + "\(Figures.padLeft(capacity, 11))\(Figures.padLeft(sold, 11))"
    }

    private var endings: [String] {
        let meanings: [(Outcome, String)] = [
            (.completed, "paid, and the buyer has the tickets"),
            (.declined, "the card was declined; the tickets went back on sale"),
            (.refused, "the tickets had gone to somebody else"),
            (.expired, "not paid in time; the tickets went back on sale"),
            (.cancelled, "called off by the buyer; the tickets went back on sale"),
            (.refunded, "called off while money was taken, or paid too late: it went back"),
            (.unknown, "nobody knows: this must not be"),
        ]
        let among = [
            (attempts.count { $0.role != .oneCall }, "went step by step: reserve, pay, watch"),
            (
                completed.count(where: \.isAfterTime),
                "were paid after their time, and their tickets were still free"
            ),
            (attempts.count { $0.repeats > 0 }, "were asked again under the same ids"),
        ]
        return ["", "  How \(Figures.count(attempts.count)) attempts ended"]
            + meanings.map { outcome, meaning in
                let number = Figures.padLeft(Figures.count(count(outcome)), 10)
                return "  \(number) \(Figures.pad(outcome.rawValue, 11))\(meaning)"
            }
            + among.map { "  \(Figures.padLeft(Figures.count($0), 10)) \($1)" }
    }

    private var money: [String] {
        let ledger = findings.ledger
        func line(_ name: String, _ amount: Int64) -> String {
            "  \(Figures.pad(name, 34))"
                + Figures.padLeft(Figures.money(amount, offer.file.currency), 22)
        }
        let bought = attempts.reduce(0) {
            $1.outcome == .completed ? $0 + $1.expectedTotal.amount : $0
        }
        return [
            "", "  Money, by the ledger",
            line("taken from buyers", ledger.taken),
            line("given back", -ledger.refunded),
            line("kept by the provider (fees)", -ledger.fees),
            line("left", ledger.balance),
            line("revenue and tax", ledger.revenue + ledger.tax),
            line("what the buyers say they bought", bought),
            line("owed to buyers", ledger.owed),
        ]
    }

    private var proof: [String] {
        var lines = ["", "  Killed in the middle"]
        for kill in kills {
            lines.append(
                "  \(Figures.pad(kill.victim, 12))"
                    + "at \(Figures.count(kill.sold)) sold, \(kill.proof) "
                    + Figures.milliseconds(kill.recoveryMs))
        }
        lines += [
            "", "  Checks",
            "  \(Figures.padLeft(Figures.count(verification.checked), 10)) "
                + "invariants by the services, \(verification.violations.count) violated",
            "  \(Figures.padLeft(Figures.count(findings.checked), 10)) "
                + "against the buyers' own log, \(findings.problems.count) wrong",
        ]
        lines += violations.prefix(20).map { "  ! \($0)" }
        if violations.count > 20 { lines.append("  ! and \(violations.count - 20) more") }
        return lines
    }

    private var speed: [String] {
        let (half, most) = (latency(0.5), latency(0.99))
        return [
            "", "  Speed, kills included",
            "  \(Figures.padLeft(Figures.decimal(purchasesPerSecond, 0), 10)) purchases a second "
                + "until 95 % was sold",
            "  \(Figures.padLeft(Figures.milliseconds(half), 10)) a purchase in one call (p50), "
                + "\(Figures.milliseconds(most)) (p99); "
                + "\(Figures.milliseconds(latency(0.99, every: true))) with slow and silent cards",
        ]
    }

    private var verdict: String {
        isSuccess
            ? "\n  Nothing lost, nothing sold twice, nobody charged without a ticket.\n"
            : "\n  FAILED: \(violations.count) violations, \(count(.unknown)) unknown, "
                + "\(Figures.count(offer.places - sold)) tickets unsold.\n"
    }
}
