import Contracts
import FoundationEssentials
import RPC

/// The money of the whole sale as the ledger of Payments has it, in minor units.
struct Ledger: Sendable {
    /// Kept by the provider.
    var fees: Int64 = 0
    /// Given back to buyers.
    var refunded: Int64 = 0
    /// Owed to buyers and not given back yet.
    var owed: Int64 = 0
    var revenue: Int64 = 0
    var tax: Int64 = 0
    /// What is left at the provider.
    var balance: Int64 = 0
    /// Buyers' money that belongs to no completed order: must be nobody's.
    var strandedAccounts: [String] = []
    /// Whether debits equal credits.
    var isBalanced = true

    /// Ever paid by buyers: it is still at the provider, or was kept by it, or went back.
    var taken: Int64 { balance + fees + refunded }

    static func read(_ payments: Client, _ event: UUID) async throws -> Ledger {
        var ledger = Ledger()
        var after: String?
        repeat {
            let page = try await payments.call(
                PaymentsAPI.ledgerBalance, LedgerBalanceRequest(after: after))
            for account in page.accounts { ledger.add(account, event) }
            ledger.isBalanced = page.trialBalance.values.allSatisfy { $0 == 0 }
            after = page.next
        } while after != nil
        return ledger
    }

    mutating func add(_ account: AccountBalance, _ event: UUID) {
        let credit = account.credit - account.debit
        switch account.account.split(separator: ":", maxSplits: 1).first {
        case "clearing": balance -= credit
        case "fees": fees -= credit
        case "revenue": revenue += credit
        case "tax_payable": tax += credit
        case "refunds_payable":
            refunded += account.debit
            owed += credit
        case "funds" where credit != 0: strandedAccounts.append(account.account)
        default: break
        }
    }
}
