import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Storage
import Testing
import Wire

@testable import Orders

/// Columns of records: read as they are written, and as a release writes them that has given a
/// record one more part.
@Suite struct PackedTests {
    private static let ids = [UUID(), UUID()]
    private static let items = ids.map { HoldLine(ticketTypeId: $0, quantity: 3) }
    private static let lines = ids.map {
        PricedLine(
            ticketTypeId: $0, name: "Stalls", quantity: 3, unitPrice: Money(5_000, Sample.euro),
            fee: Money(100, Sample.euro), tax: Money(950, Sample.euro))
    }
    private static let more = Value.map([("discount", .integer(7))])

    private static func bytes(_ value: Value) -> [UInt8] {
        var writer = CBORWriter()
        writer.value(value)
        return writer.bytes
    }

    @Test func whatIsWrittenIsRead() throws {
        #expect(try Packed.Items.value(in: Packed.Items.cell(of: Self.items)) == Self.items)
        #expect(try Packed.Lines.value(in: Packed.Lines.cell(of: Self.lines)) == Self.lines)
        #expect(try Packed.Lines.value(in: Packed.Lines.cell(of: [])) == [])
        for entitlements in [[], ["vip"], ["vip", "press"]] {
            let buyer = Actor(id: "ann", kind: "user", entitlements: entitlements)
            #expect(try Packed.Buyer.value(in: Packed.Buyer.cell(of: buyer)) == buyer)
        }
    }

    @Test func aPartThatALaterReleaseHasAddedIsSkipped() throws {
        let items = Self.items.map {
            Value.array([.id($0.ticketTypeId), .integer($0.quantity), Self.more])
        }
        #expect(try Packed.Items.value(in: Self.bytes(.array(items))) == Self.items)
        let lines = Self.lines.map {
            Value.array([
                .id($0.ticketTypeId), .text($0.name), .integer($0.quantity),
                .integer($0.unitPrice.amount), .integer($0.fee.amount), .integer($0.tax.amount),
                Self.more,
            ])
        }
        let packed = Self.bytes(.array([.text("EUR")] + lines))
        #expect(try Packed.Lines.value(in: packed) == Self.lines)
        let buyer = Self.bytes(
            .array([.text("ann"), .text("user"), .array([.text("vip")]), Self.more]))
        #expect(
            try Packed.Buyer.value(in: buyer)
                == Actor(id: "ann", kind: "user", entitlements: ["vip"]))
        let (id, payment) = (Self.ids[0], Self.ids[1])
        let attempt = Self.bytes(
            .array([
                .id(id), .id(payment), .text("sim"), .text("SALE"), .null, .null, Self.more,
            ]))
        let read = try Packed.Attempt.value(in: attempt)
        #expect(read.id == id && read.paymentID == payment && read.captureMode == .sale)
    }

    @Test func aRecordThatLacksAPartIsCorrupt() {
        let items = Self.bytes(.array([.array([.id(Self.ids[0])])]))
        #expect(throws: StorageError.self) { try Packed.Items.value(in: items) }
        let attempt = Self.bytes(.array([.id(Self.ids[0]), .id(Self.ids[1]), .text("sim")]))
        #expect(throws: StorageError.self) { try Packed.Attempt.value(in: attempt) }
    }
}
