import Contracts
import FoundationEssentials
import Lifecycle
import Publishing
import RPC
import Storage
import Text

/// Holds Orders against itself, against Inventory's counters and against Payments' ledger, while
/// all three go on selling: what they count is read between two looks at Orders' own sums, and must
/// lie between them. At rest both looks are the same, and so the comparison is exact.
struct Verifier: Sendable {
    let database: Database
    let inventory: any Caller
    let payments: any Caller

    init(database: Database, inventory: any Caller, payments: any Caller) {
        self.database = database
        self.inventory = PeerCaller(peer: inventory)
        self.payments = PeerCaller(peer: payments)
    }

    func verify(_ request: VerifyRequest) async throws -> VerifyReply {
        let event = request.eventId
        let (before, own) = try await database.survey { reader in
            (try SumChecks(reader, event), try reader.ownViolations(event))
        }
        // Every fact counted in `before` has a number up to this head.
        let head = database.feed.head
        let counters = try await payments.call(PaymentsAPI.stats, StatsRequest()).counters
        let cursor = counters[StatsReply.cursor(of: "orders")] ?? 0
        let isDiverged = counters[StatsReply.divergence(of: "orders")] == 1
        let isRead = cursor >= head && !isDiverged
        let stock = try await stock(before)
        let ledger = try await ledger(event)
        let funds = try await keptFunds(event, endedBefore: before.at, isRead: isRead)
        let holds = try await strayHolds(event)
        let after = try await database.survey { try SumChecks($0, event) }
        let sums = Comparison(before: before, after: after, isRead: isRead)
        // What is not read any more is wrong, and not on its way.
        let unread = max(0, isDiverged ? 0 : head - cursor)
        let feeds = isDiverged ? [Violation.diverged("orders at payments", after: cursor)] : []
        let violations =
            before.unreadable + own + sums.stock(stock) + sums.ledger(ledger, event) + funds + holds
            + feeds
        // A feed that is not read on hides nothing of what was sold.
        let isClean = violations.allSatisfy { $0.invariant == Violation.ofFeed }
        if event == nil, isClean { try await resumeSales() }
        return VerifyReply(
            checked: before.checked, violations: violations, pending: before.open + unread)
    }

    /// A restored Inventory sells again once all that Orders sold is found in it.
    private func resumeSales() async throws {
        let history = try await inventory.call(
            InventoryAPI.compareHistory, HistoryRequest(feedId: nil, batch: 0))
        guard history.isRestored else { return }
        _ = try await inventory.call(
            InventoryAPI.resumeSales,
            ResumeSalesRequest(reason: "Orders found everything that it sold"))
    }

    /// Tickets sold by type, as Inventory counts them; nil for an event that it doesn't know.
    private func stock(_ sums: SumChecks) async throws -> [UUID: [UUID: Int64]?] {
        var stock: [UUID: [UUID: Int64]?] = [:]
        for event in sums.events.keys.sorted() {
            do {
                let reply = try await inventory.call(
                    InventoryAPI.getAvailability, GetAvailabilityRequest(eventId: event))
                stock[event] = Dictionary(
                    reply.types.map { ($0.ticketTypeId, $0.sold) },
                    uniquingKeysWith: { first, _ in first })
            } catch let error as RPCError where error.isRefusal {
                stock[event] = .some(nil)
            }
        }
        return stock
    }

    /// Balances of all revenue and tax accounts, credits minus debits.
    private func ledger(_ event: UUID?) async throws -> [AccountBalance] {
        try await accounts("revenue:\(event?.text ?? "")")
            + (event == nil ? accounts("tax_payable") : [])
    }

    private func accounts(_ prefix: String) async throws -> [AccountBalance] {
        var accounts: [AccountBalance] = []
        var after: String?
        repeat {
            let page = try await payments.call(
                PaymentsAPI.ledgerBalance, LedgerBalanceRequest(prefix: prefix, after: after))
            accounts += page.accounts
            after = page.next
        } while after != nil
        return accounts
    }

    /// Nil when there is none, or none that can be read, which is a finding.
    private func checkout(
        _ id: UUID, _ invariant: String, _ violations: inout [Violation]
    ) async throws -> Checkout? {
        switch try await database.read({ try $0.find(Checkout.self, each: [id]).first?.row }) {
        case .success(let checkout)?: return checkout
        case .failure(let error)?:
            violations.append(.unreadable(error, invariant, "checkout \(id)"))
            return nil
        case nil: return nil
        }
    }

    /// M-3: no buyer's money is left behind by a checkout that has ended.
    private func keptFunds(
        _ event: UUID?, endedBefore: Instant, isRead: Bool
    ) async throws -> [Violation] {
        guard isRead else { return [] }
        let prefix = "funds:"
        var violations: [Violation] = []
        for account in try await accounts(prefix) {
            guard let id = UUID(uuidString: String(account.account.dropFirst(prefix.count))) else {
                continue
            }
            guard let checkout = try await checkout(id, "M-3", &violations),
                let endedAt = checkout.endedAt, endedAt < endedBefore,
                event == nil || event == checkout.eventID
            else { continue }
            violations.append(
                Violation(
                    invariant: "M-3", subject: "checkout \(id)",
                    expected: "nothing kept once \(checkout.state.word)",
                    actual:
                        "\(Int128(account.credit) - Int128(account.debit)) \(account.currency.code)"
                ))
        }
        return violations
    }

    /// C-7: no stock stays fenced for a checkout that has ended.
    private func strayHolds(_ event: UUID?) async throws -> [Violation] {
        var violations: [Violation] = []
        var after: String?
        repeat {
            let page = try await inventory.call(
                InventoryAPI.listHolds,
                ListHoldsRequest(
                    state: .committing, olderThanMs: AdoptionJob.olderThanMs, after: after))
            for hold in page.holds where event == nil || event == hold.eventId {
                guard let id = hold.orderId,
                    let checkout = try await checkout(id, "C-7", &violations),
                    checkout.state.isTerminal
                else { continue }
                violations.append(
                    Violation(
                        invariant: "C-7", subject: "hold \(hold.holdId)",
                        expected: "no fence once \(checkout.state.word)", actual: "COMMITTING"))
            }
            after = page.next
        } while after != nil
        return violations
    }
}

/// What peers counted, between two looks at Orders' sums.
private struct Comparison {
    let before: SumChecks
    let after: SumChecks
    /// Payments had booked every order of the first look.
    let isRead: Bool

    /// C-7: what Inventory has sold is what orders hold, but for purchases under way.
    func stock(_ stock: [UUID: [UUID: Int64]?]) -> [Violation] {
        var violations: [Violation] = []
        for (event, counted) in stock.sorted(by: { $0.key < $1.key }) {
            let early = before.events[event] ?? SumChecks.Sales()
            let late = after.events[event] ?? SumChecks.Sales()
            guard let counted else {
                if !early.sold.isEmpty {
                    violations.append(
                        Violation(
                            invariant: "C-7", subject: "event \(event)",
                            expected: "known to Inventory", actual: "unknown"))
                }
                continue
            }
            for type in Set(counted.keys).union(early.sold.keys).sorted() {
                let least = early.sold[type] ?? 0
                let most = (late.sold[type] ?? 0) + (late.running[type] ?? 0)
                if let violation = outside(
                    Int128(counted[type] ?? 0), least, most, "C-7", "ticket type \(type)")
                {
                    violations.append(violation)
                }
            }
        }
        return violations
    }

    /// M-5: revenue and tax are what completed orders come to.
    func ledger(_ accounts: [AccountBalance], _ event: UUID?) -> [Violation] {
        var balances: [ByteText: Int128] = [:]
        for account in accounts {
            let name =
                account.account == "tax_payable"
                ? "tax_payable \(account.currency.code)" : account.account
            balances[ByteText(name), default: 0] += Int128(account.credit) - Int128(account.debit)
        }
        var bounds: [ByteText: (Int128, Int128)] = [:]
        for id in Set(before.events.keys).union(after.events.keys) {
            bounds[ByteText("revenue:\(id)")] = (
                before.events[id]?.revenue ?? 0, after.events[id]?.revenue ?? 0
            )
        }
        if event == nil {
            for currency in Set(before.tax.keys).union(after.tax.keys) {
                bounds[ByteText("tax_payable \(currency.code)")] = (
                    before.tax[currency] ?? 0, after.tax[currency] ?? 0
                )
            }
        }
        return Set(balances.keys).union(bounds.keys).sorted().compactMap { name in
            let (least, most) = bounds[name] ?? (0, 0)
            return outside(balances[name] ?? 0, isRead ? least : .min, most, "M-5", name.string)
        }
    }

    private func outside(
        _ actual: Int128, _ least: Int128, _ most: Int128, _ invariant: String, _ subject: String
    ) -> Violation? {
        guard actual < least || actual > most else { return nil }
        return Violation(
            invariant: invariant, subject: subject,
            expected: least == most ? "\(least)" : "\(max(least, 0)) to \(most)",
            actual: "\(actual)")
    }
}
