import Contracts
import FoundationEssentials
import Lifecycle
import Testing
import Wire

private let id = UUID(uuid: (1, 2, 3, 4, 5, 6, 0x77, 8, 0x89, 10, 11, 12, 13, 14, 15, 16))
private let other = UUID(uuid: (9, 2, 3, 4, 5, 6, 0x77, 8, 0x89, 10, 11, 12, 13, 14, 15, 16))
private let euros = Money(2_500, Currency("EUR"))
private let at = Instant(milliseconds: 1_800_000_000_000)

private func reserve(
    lines: [HoldLine], owner: String = "ada", ttlMs: Int64? = nil, purpose: HoldPurpose? = nil,
    fence: Fence? = nil, replaces: UUID? = nil, reference: HoldReference? = nil
) -> ReserveRequest {
    ReserveRequest(
        holdId: id, eventId: other, owner: owner, lines: lines, ttlMs: ttlMs, purpose: purpose,
        fence: fence, replaces: replaces, reference: reference)
}

private let line = HoldLine(ticketTypeId: id, quantity: 2)

@Suite struct InventoryMessagesTests {
    @Test func aWordThatIsNotKnownYetSurvives() throws {
        let fact = HoldFact(
            holdId: id, eventId: other, orderId: nil, reason: ReleaseReason("TOMORROW"))
        #expect(try CBOR.decode(HoldFact.self, from: CBOR.encode(fact)) == fact)
    }

    @Test(arguments: [
        Int64.min, -1, 0, Bounds.ticketsPerLine.upperBound + 1, Int64.max,
    ])
    func aQuantityBeyondItsBounds(quantity: Int64) throws {
        let request = reserve(lines: [line, HoldLine(ticketTypeId: other, quantity: quantity)])
        let problems = try ReserveRequest.fields.check(CBOR.encode(request)[...])
        #expect(problems.map(\.field) == ["lines[1].quantity"])
    }

    @Test func whatElseIsBeyondItsBounds() throws {
        let many = (0...Bounds.linesPerHold).map { _ in line }
        let requests: [(String, ReserveRequest)] = [
            ("lines", reserve(lines: many)),
            ("owner", reserve(lines: [line], owner: "")),
            (
                "owner",
                reserve(lines: [line], owner: String(repeating: "a", count: Bounds.ownerBytes + 1))
            ),
            ("ttlMs", reserve(lines: [line], ttlMs: Bounds.holdMs.lowerBound - 1)),
            ("ttlMs", reserve(lines: [line], ttlMs: Bounds.holdMs.upperBound + 1)),
            ("fence.epoch", reserve(lines: [line], fence: Fence(orderId: id, epoch: -1))),
        ]
        for (field, request) in requests {
            let problems = try ReserveRequest.fields.check(CBOR.encode(request)[...])
            #expect(problems.map(\.field) == [field])
        }
    }
}

@Suite struct PricingTests {
    @Test(arguments: [
        // unit price, quantity, fee a ticket, tax in basis points: fee and tax of the line
        (Int64(2_500), Int64(3), Int64(150), Int64(700), Int64(450), Int64(557)),
        (0, 5, 150, 1_900, 0, 0),
        // 1 × 10 % is 0.1 and 5 × 10 % is 0.5: half goes up.
        (1, 1, 0, 1_000, 0, 0), (5, 1, 0, 1_000, 0, 1), (15, 1, 0, 1_000, 0, 2),
        (100, 1, 0, 10_000, 0, 100),
    ])
    func lines(
        unitPrice: Int64, quantity: Int64, feePerTicket: Int64, taxBasisPoints: Int64, fee: Int64,
        tax: Int64
    ) {
        let price = LinePrice(
            unitPrice: unitPrice, quantity: quantity, feePerTicket: feePerTicket,
            taxBasisPoints: taxBasisPoints)
        #expect(price == LinePrice(unitPrice: unitPrice, fee: fee, tax: tax))
    }

    /// The dearest line that the bounds allow fits; what does not fit is nil, never a trap.
    @Test(arguments: [
        (Bounds.priceMinor.upperBound, Int64(1_000), Bounds.priceMinor.upperBound, true),
        (Int64.max, 2, 0, false), (1, Int64.max, 2, false), (Int64.max, 1, 1, false),
        (Int64.max, 1, 0, true),
        (-1, 1, 0, false), (1, -1, 0, false),
    ])
    func theEndsOfNumbers(unitPrice: Int64, quantity: Int64, fee: Int64, isPossible: Bool) {
        let price = LinePrice(
            unitPrice: unitPrice, quantity: quantity, feePerTicket: fee, taxBasisPoints: 10_000)
        #expect((price != nil) == isPossible)
    }

    @Test func totalsAreSums() throws {
        func line(_ price: Int64, _ quantity: Int64, _ currency: String = "EUR") -> PricedLine {
            PricedLine(
                ticketTypeId: id, name: "x", quantity: quantity,
                unitPrice: Money(price, Currency(currency)), fee: Money(7, Currency(currency)),
                tax: Money(3, Currency(currency)))
        }
        let totals = try #require(Totals(of: [line(100, 2), line(50, 1)]))
        #expect(totals.subtotal.amount == 250)
        #expect(totals.fees.amount == 14)
        #expect(totals.tax.amount == 6)
        #expect(totals.total == Money(270, Currency("EUR")))
        #expect(Totals(of: []) == nil)
        #expect(Totals(of: [line(1, 1), line(1, 1, "USD")]) == nil)
        #expect(Totals(of: [line(.max, 1), line(1, 1)]) == nil)
        #expect(Totals(of: [line(.max, 2)]) == nil)
    }
}
