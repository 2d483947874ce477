import Contracts
import FoundationEssentials
import RPC
import Storage
import Wire

/// Columns of records (`Shared/Storage/Rows/PackedRecords.swift`). Items, lines and buyers are
/// still written as the release before reads them, which has no room for more parts, and are read
/// with room: the release that adds a part writes it so.
enum Packed {
    enum Items: ColumnForm {
        static var nothing: [HoldLine] { [] }

        static func cell(of items: [HoldLine]) -> [UInt8] {
            var writer = CBORWriter(reserving: 32 * items.count)
            writer.arrayHeader(items.count * 2)
            for item in items {
                writer.id(item.ticketTypeId)
                writer.integer(item.quantity)
            }
            return writer.bytes
        }

        static func value(in bytes: [UInt8]) throws -> [HoldLine] {
            var reader = CBORReader(bytes)
            return try reader.readRecords(in: try reader.readArrayHeader(), of: 2) {
                HoldLine(ticketTypeId: try $0.readID(), quantity: try $0.readInteger())
            }
        }
    }

    /// All lines of a hold have one currency, which stands first.
    enum Lines: ColumnForm {
        static var nothing: [PricedLine] { [] }

        static func cell(of lines: [PricedLine]) -> [UInt8]? {
            guard !lines.isEmpty else { return nil }
            var writer = CBORWriter(reserving: 80 * lines.count)
            writer.arrayHeader(lines.count * 6 + 1)
            writer.text(lines.first?.unitPrice.currency.code ?? "")
            for line in lines {
                writer.id(line.ticketTypeId)
                writer.text(line.name)
                writer.integer(line.quantity)
                writer.integer(line.unitPrice.amount)
                writer.integer(line.fee.amount)
                writer.integer(line.tax.amount)
            }
            return writer.bytes
        }

        static func value(in bytes: [UInt8]?) throws -> [PricedLine] {
            guard let bytes else { return [] }
            var reader = CBORReader(bytes)
            let items = try reader.readArrayHeader()
            let currency = Currency(try reader.readText())
            return try reader.readRecords(in: items - 1, of: 6) {
                PricedLine(
                    ticketTypeId: try $0.readID(), name: try $0.readText(),
                    quantity: try $0.readInteger(),
                    unitPrice: Money(try $0.readInteger(), currency),
                    fee: Money(try $0.readInteger(), currency),
                    tax: Money(try $0.readInteger(), currency))
            }
        }
    }

    /// Without roles.
    enum Buyer: ColumnForm {
        static var nothing: Actor { Actor(id: "", kind: "") }

        static func cell(of buyer: Actor) -> [UInt8] {
            let entitlements = buyer.entitlements ?? []
            var writer = CBORWriter(reserving: 64)
            writer.arrayHeader(entitlements.count + 2)
            writer.text(buyer.id)
            writer.text(buyer.kind)
            for entitlement in entitlements { writer.text(entitlement) }
            return writer.bytes
        }

        static func value(in bytes: [UInt8]) throws -> Actor {
            var reader = CBORReader(bytes)
            let items = try reader.readArrayHeader()
            let (id, kind) = (try reader.readText(), try reader.readText())
            let count = reader.isAtArray ? try reader.readArrayHeader() : items - 2
            return Actor(
                id: id, kind: kind,
                entitlements: try (0..<max(0, count)).map { _ in try reader.readText() })
        }
    }

    enum Attempt: ColumnForm {
        static var nothing: PaymentAttempt {
            PaymentAttempt(
                id: .nothing, paymentID: .nothing, provider: "", captureMode: .sale, method: nil,
                methodPrint: nil)
        }

        static func cell(of attempt: PaymentAttempt) -> [UInt8] {
            var writer = CBORWriter(reserving: 128)
            writer.arrayHeader(6)
            writer.id(attempt.id)
            writer.id(attempt.paymentID)
            writer.text(attempt.provider)
            writer.text(attempt.captureMode.word)
            if let method = attempt.method { writer.text(method) } else { writer.null() }
            if let print = attempt.methodPrint { writer.bytes(print) } else { writer.null() }
            return writer.bytes
        }

        static func value(in bytes: [UInt8]) throws -> PaymentAttempt {
            var reader = CBORReader(bytes)
            return try reader.readRecord(of: 6) {
                PaymentAttempt(
                    id: try $0.readID(), paymentID: try $0.readID(),
                    provider: try $0.readText(), captureMode: CaptureMode(try $0.readText()),
                    method: $0.readNullIfPresent() ? nil : try $0.readText(),
                    methodPrint: $0.readNullIfPresent() ? nil : try $0.readBytes())
            }
        }
    }

    /// A refusal that a purchase was given.
    enum ProblemOfPurchases: ColumnForm {
        static var nothing: Problem { Packed.noProblem }
        static func cell(of problem: Problem) -> [UInt8] { Packed.problem(problem) }

        static func value(in bytes: [UInt8]) throws -> Problem {
            try Packed.problem(bytes, of: .ofPurchases)
        }
    }

    /// One that an attempt to pay was given.
    enum ProblemOfPayments: ColumnForm {
        static var nothing: Problem { Packed.noProblem }
        static func cell(of problem: Problem) -> [UInt8] { Packed.problem(problem) }

        static func value(in bytes: [UInt8]) throws -> Problem {
            try Packed.problem(bytes, of: .ofPayments)
        }
    }

    private static var noProblem: Problem { Problem(error: RPCError(.internal, ""), of: []) }

    static func problem(_ problem: Problem) -> [UInt8] {
        var writer = CBORWriter(reserving: 128)
        let detail = problem.error.detail.sorted { $0.key < $1.key }
        writer.arrayHeader(4)
        writer.text(problem.error.code.name)
        writer.text(problem.error.reason.name)
        writer.text(problem.error.message)
        writer.value(.map(detail.map { ($0.key, $0.value) }))
        return writer.bytes
    }

    static func problem(_ bytes: [UInt8], of request: [Field]) throws -> Problem {
        var reader = CBORReader(bytes)
        // Parts of a later release stand at its end.
        _ = try reader.readArrayHeader()
        let code = Code(try reader.readText())
        let reason = Reason(received: try reader.readText(), code)
        let message = try reader.readText()
        var detail: [String: Value] = [:]
        if case .map(let entries) = try reader.readValue() {
            for (key, value) in entries { detail[key] = value }
        }
        return Problem(
            error: RPCError(
                code: code, reason: reason, message: message, outcome: .refused, executed: nil,
                retryAfterMs: nil, detail: detail), of: request)
    }
}
