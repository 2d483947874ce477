import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Testing
import Text
import Wire

@testable import Inventory

/// What an event and its prices may be.
@Suite struct EventRulesTests {
    private static let start = Instant(milliseconds: 1_900_000_000_000)

    private func made(
        _ rig: Rig, endsAt: Instant? = nil, timezone: String? = nil, currency: String = "EUR",
        fee: Int64 = 0
    ) async throws -> EventView {
        let currency = Currency(currency)
        return try await rig.service.createEvent(
            CreateEventRequest(
                eventId: rig.id(), title: "Concert", startsAt: Self.start, endsAt: endsAt,
                timezone: timezone, currency: currency, feePerTicket: Money(fee, currency)),
            rig.manager
        ).event
    }

    private func fields(_ error: RPCError?) -> [Value?] {
        guard case .array(let fields)? = error?.detail["fields"] else { return [] }
        return fields.map { $0["field"] }
    }

    @Test func anEventMayEndAsItStartsAndNotBefore() throws {
        try Rig.run { rig in
            #expect(try await made(rig, endsAt: Self.start).endsAt == Self.start)
            let error = try await refusal {
                try await made(rig, endsAt: Self.start.advanced(byMs: -1))
            }
            #expect(fields(error) == ["endsAt"])
        }
    }

    @Test func aTimeZoneExists() throws {
        try Rig.run { rig in
            for zone in ["Europe/Vienna", "Etc/GMT+6"] {
                #expect(try await made(rig, timezone: zone).timezone == zone)
            }
            for zone in ["Mars/Olympus", "UT+1", "europe/vienna", "Europe/Vienn\u{202E}a"] {
                let error = try await refusal { try await made(rig, timezone: zone) }
                #expect(fields(error) == ["timezone"])
                #expect(error?.message.contains(zone.quoted) == true)
            }
        }
    }

    @Test func aCurrencyExists() throws {
        for (code, isKnown) in [("EUR", true), ("JPY", true), ("ZZZ", false), ("XXX", false)] {
            let request = CreateEventRequest(
                eventId: .init(), title: "Concert", startsAt: Self.start, currency: Currency(code))
            let problems = try CreateEventRequest.fields.check(CBOR.encode(request))
            #expect(problems.map(\.field) == (isKnown ? [] : ["currency"]))
        }
    }

    /// 10^12 minor units is what one payment holds.
    @Test func aPriceWithFeeAndTaxCanBePaid() throws {
        try Rig.run { rig in
            let most = PaymentLimits.maxAmount
            let event = try await made(rig, fee: 1)
            func put(_ price: Int64, tax: Int64 = 0, least: Int64 = 1) async throws -> RPCError? {
                try await refusal {
                    try await rig.service.putTicketType(
                        PutTicketTypeRequest(
                            ticketTypeId: rig.id(), eventId: event.eventId, name: "Box",
                            price: Money(price, event.currency), taxBasisPoints: tax,
                            minPerOrder: least), rig.manager)
                }
            }
            #expect(try await put(most - 1) == nil)
            #expect(try await put(most / 2 - 1, tax: 10_000) == nil)
            #expect(try await put(most / 2 - 1, least: 2) == nil)
            for error in [
                try await put(most), try await put(most / 2, tax: 10_000),
                try await put(most / 2, least: 2),
            ] {
                #expect(fields(error) == ["price.amount"])
                #expect(error?.message.contains("10000000000.00 EUR") == true)
            }
        }
    }

    @Test func whatCostsMoreThanAPaymentHoldsIsNotHeld() throws {
        try Rig.run { rig in
            let (event, types) = try await rig.event(
                types: [
                    TypeSpec(price: PaymentLimits.maxAmount, most: 1_000),
                    TypeSpec(name: "Standing", price: 1),
                ])
            let orders: [[(UUID, Int64)]] = [
                [(types[0], 2)], [(types[0], 1), (types[1], 1)], [(types[0], 1_000)],
            ]
            for lines in orders {
                let error = try await refusal { try await rig.reserve(rig.id(), event, lines) }
                #expect(fields(error) == ["lines"])
            }
            #expect(try await rig.held(event) == 0)
            _ = try await rig.reserve(rig.id(), event, [(types[0], 1)])
        }
    }
}
