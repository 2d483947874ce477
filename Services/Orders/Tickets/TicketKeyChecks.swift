import Storage
import Wire

/// Sees to it at the start that every ticket's code stays what it was: each key that orders were
/// made with must be there, and be the same.
struct TicketKeyChecks: Sendable {
    let database: Database
    let mint: TicketMint

    /// Throws `cannotOpen` with the number of the key that is missing or another one.
    func run() async throws {
        let known = try await database.read { try $0.select(TicketKeyRow.self, where: "1 = 1") }
        for row in known {
            guard let print = mint.print(of: row.number) else { continue }
            guard print == row.print else {
                throw Self.problem(
                    "its ticket key \(row.number) is another than the one that tickets were made "
                        + "with; put that one back, and give a new one the next number")
            }
        }
        for number in Set(known.map(\.number) + [TicketKeys.firstNumber]).sorted()
        where mint.print(of: number) == nil {
            guard try await !isUsed(number) else {
                throw Self.problem(
                    "it has no ticket key \(number), which the codes of sold tickets come from; "
                        + "put it back")
            }
        }
        guard let print = mint.print(of: mint.current) else {
            throw Self.problem("it has no ticket key \(mint.current), which new orders shall get")
        }
        try await remember(TicketKeyRow(number: mint.current, print: print))
    }

    private static func problem(_ text: String) -> StorageError {
        StorageError(.cannotOpen, "TURNSTILE_CREDENTIALS: \(text)")
    }

    /// Looked for only when the key is missing: it reads until it finds one.
    private func isUsed(_ number: Int64) async throws -> Bool {
        let first = TicketKeys.firstNumber
        return try await database.survey { reader in
            try !reader.query(
                """
                SELECT 1 FROM ticket_order WHERE COALESCE(key_number, \(first)) = \(number) LIMIT 1
                """
            ) { try $0.next(Int64.self) }.isEmpty
                || !reader.query(
                    """
                    SELECT 1 FROM checkout WHERE COALESCE(key_number, \(first)) = \(number)
                        AND next_run_at IS NOT NULL LIMIT 1
                    """
                ) { try $0.next(Int64.self) }.isEmpty
        }
    }

    /// Two instances may start at once.
    private func remember(_ row: TicketKeyRow) async throws {
        try await database.write { batch in
            if try batch.find(TicketKeyRow.self, row.number) == nil { try batch.insert(row) }
        }
    }
}

/// A key that new orders get, or got, and how it is known again.
struct TicketKeyRow: StoredRow, Hashable {
    static let table = TableLayout("ticket_key", of: Self.self)

    let number: Int64
    let print: [UInt8]

    var key: Int64 { number }

    init(number: Int64, print: [UInt8]) {
        self.number = number
        self.print = print
    }

    @inline(__always)
    init(_ c: some ColumnWalk, _ it: Written<Self>) {
        number = c("number", it) { $0.number }
        print = c("print", it) { $0.print }
    }
}
