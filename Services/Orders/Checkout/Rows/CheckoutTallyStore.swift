import Contracts
import Lifecycle
import Storage
import Wire

/// How many checkouts stand in each state: one row, kept in the batch that moves them, so that
/// whoever asks reads no more than that, however many checkouts there are.
struct CheckoutTally: StoredRow {
    static let id: Int64 = 1

    static let table = TableLayout(
        "checkout_tally", key: ["id"],
        columns: ["id"] + states.map { "in_\($0.word.lowercased())" })

    /// In the order of the columns.
    static let states = CheckoutState.known

    var counts: [Int64]

    var key: Int64 { Self.id }

    init(counts: [Int64]) { self.counts = counts }

    /// The columns are those of the states, so that this is their statement.
    init(_ c: some ColumnWalk, _ it: Written<Self>) { counts = [] }

    func write(to columns: inout ColumnWriter) {
        columns.append(Self.id)
        for count in counts { columns.append(count) }
    }

    init(from columns: inout ColumnReader) throws {
        _ = try columns.next(Int64.self)
        counts = []
        for _ in Self.states { counts.append(try columns.next()) }
    }

    mutating func add(_ amount: Int64, to state: CheckoutState) {
        guard let place = Self.states.firstIndex(of: state) else { return }
        let (sum, overflow) = counts[place].addingReportingOverflow(amount)
        if !overflow { counts[place] = sum }
    }
}

extension Batch {
    /// Begins anew where the tally is gone or can't be read; what it lacks then is recounted.
    func beginTally() throws {
        do {
            if try find(CheckoutTally.self, CheckoutTally.id) != nil { return }
        } catch let error as StorageError where error.code == .corrupt {
            try execute("DELETE FROM checkout_tally")
        }
        try insert(CheckoutTally(counts: CheckoutTally.states.map { _ in 0 }))
    }

    /// Moves so many checkouts from one state to another; nil is none. A tally that can't be read
    /// keeps nobody from buying: verification tells of it.
    func tally(_ before: CheckoutState?, _ after: CheckoutState?, count: Int64 = 1) throws {
        guard before != after else { return }
        let known: CheckoutTally?
        do { known = try find(CheckoutTally.self, CheckoutTally.id) } catch let error
            as StorageError where error.code == .corrupt
        { return }
        guard var tally = known else { return }
        if let before { tally.add(-count, to: before) }
        if let after { tally.add(count, to: after) }
        try update(tally)
    }
}

extension Reader {
    /// States that some checkout stands in.
    func checkoutTally() throws -> [(state: CheckoutState, count: Int64)] {
        guard let tally = try find(CheckoutTally.self, CheckoutTally.id) else {
            throw StorageError(.corrupt, "checkout_tally: its row is gone")
        }
        return zip(CheckoutTally.states, tally.counts).filter { $0.1 != 0 }.map { ($0, $1) }
    }

    /// The same by a full count, of all states. Added up row by row: to group them would sort them,
    /// in as much memory as there are checkouts.
    func checkoutStates() throws -> [(state: CheckoutState, count: Int64)] {
        // By our own words.
        var counts: [String: Int64] = [:]
        try forEach("SELECT state FROM checkout") {
            counts[try $0.next(String.self), default: 0] += 1
        }
        return CheckoutTally.states.map { ($0, counts[$0.word] ?? 0) }
    }

    /// How many more of each state a full count finds than are kept; only what differs.
    func missingFromTally() throws -> [(state: CheckoutState, count: Int64)] {
        let kept = try checkoutTally()
        return try checkoutStates().map { state, count in
            (state, count - (kept.first { $0.state == state }?.count ?? 0))
        }.filter { $0.1 != 0 }
    }

    /// P-5: the kept counts are those of a full count.
    func miscountedStates() throws -> [Violation] {
        try missingFromTally().map { state, count in
            Violation(
                invariant: "P-5", subject: "checkouts that are \(state.word)",
                expected: "as many as there are", actual: "\(count) fewer in the kept count")
        }
    }
}

extension Recount<(state: CheckoutState, count: Int64)> {
    /// Of the checkouts in each state.
    static func checkouts(in database: Database, world: World) -> Recount {
        Recount(in: database, world: world) {
            try $0.beginTally()
        } of: {
            try $0.missingFromTally()
        } adding: {
            try $0.tally(nil, $1.state, count: $1.count)
        }
    }
}
