import Contracts
import FoundationEssentials
import Text
import Wire

/// An event as people write it down for the demo: `deploy/events/*.json` are examples.
struct EventFile: Message {
    let title: String
    let description: String?
    let location: String?
    let timezone: String?
    let startsInDays: Int64
    let currency: Currency
    let feePerTicket: Int64?
    let capacity: Int64?
    let holdTtlMs: Int64?
    let ticketTypes: [Entry]

    struct Entry: Message {
        let name: String
        let description: String?
        let price: Int64
        let taxBasisPoints: Int64?
        let allocation: Int64?
        let maxPerOrder: Int64?
        let demand: Int64?

        init(_ f: some FieldWalk, _ it: Written<Self>) {
            name = f("name", it, .text(maxBytes: Bounds.nameBytes)) { $0.name }
            description = f(
                "description", it, .text(maxBytes: Bounds.textBytes, .prose)
            ) { $0.description }
            price = f(
                "price", it, .integer(Bounds.priceMinor), "minor units, without fee and tax"
            ) { $0.price }
            taxBasisPoints = f(
                "taxBasisPoints", it, .integer(Bounds.basisPoints),
                "hundredths of a percent on price and fee; 0"
            ) { $0.taxBasisPoints }
            allocation = f(
                "allocation", it, .integer(1...1_000_000),
                "tickets of this type; absent: whatever the event's capacity leaves"
            ) { $0.allocation }
            maxPerOrder = f("maxPerOrder", it, .integer(Bounds.ticketsPerLine), "8") {
                $0.maxPerOrder
            }
            demand = f(
                "demand", it, .integer(1...1_000),
                "how much buyers want it, against the other types; 10"
            ) { $0.demand }
        }
    }

    init(_ f: some FieldWalk, _ it: Written<Self>) {
        title = f("title", it, .text(maxBytes: Bounds.nameBytes)) { $0.title }
        description = f(
            "description", it, .text(maxBytes: Bounds.textBytes, .prose)
        ) { $0.description }
        location = f("location", it, .text(maxBytes: Bounds.nameBytes)) { $0.location }
        timezone = f("timezone", it, .text(maxBytes: 64), "IANA name, for display") { $0.timezone }
        startsInDays = f(
            "startsInDays", it, .integer(1...3_650), "from the day on which the demo runs"
        ) { $0.startsInDays }
        currency = f("currency", it, .code(.line), "ISO 4217, such as EUR") { $0.currency }
        feePerTicket = f(
            "feePerTicket", it, .integer(Bounds.priceMinor),
            "minor units on top of each ticket that is not free; 0"
        ) { $0.feePerTicket }
        capacity = f(
            "capacity", it, .integer(1...1_000_000),
            "places in all; absent: the sum of the allocations"
        ) { $0.capacity }
        holdTtlMs = f(
            "holdTtlMs", it, .integer(10_000...120_000), "how long a buyer has to pay; 60,000"
        ) { $0.holdTtlMs }
        ticketTypes = f("ticketTypes", it, .list(maxCount: 50)) { $0.ticketTypes }
    }

    static func read(from path: String) throws -> EventFile {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw EventFileError(path: path, problems: ["cannot be read"])
        }
        do {
            return try parse(String(decoding: data, as: UTF8.self))
        } catch let error as EventFileError {
            throw EventFileError(path: path, problems: error.problems)
        }
    }

    /// - Throws: `EventFileError` with every problem, each of which names its field.
    static func parse(_ json: String) throws -> EventFile {
        do {
            let file = try CBOR.decode(EventFile.self, from: fields.encode(json: json))
            let problems = file.contradictions
            guard problems.isEmpty else { throw EventFileError(path: "", problems: problems) }
            return file
        } catch let error as FieldErrors {
            throw EventFileError(path: "", problems: error.problems.map(\.description))
        } catch let error as JSONError {
            throw EventFileError(path: "", problems: [error.description])
        }
    }

    /// Tickets that can be sold: the capacity, or less when the allocations don't fill it.
    var places: Int64 {
        let allocated = ticketTypes.reduce(0) { $0 + ($1.allocation ?? 0) }
        let isOpen = ticketTypes.contains { $0.allocation == nil }
        guard let capacity else { return allocated }
        return isOpen ? capacity : min(capacity, allocated)
    }

    var holdMs: Int64 { holdTtlMs ?? 60_000 }

    /// What `sim` is told: late money comes when every hold that it could be for has ended, and who
    /// is asked by the provider has time to change their mind.
    func simSettings(seed: UInt64) -> String {
        "seed=\(seed),lateMs=\(holdMs + 3_000),actionMs=15000,webhookBp=3000,webhookLateBp=3000,"
            + "webhookLateMs=2000,webhookTwiceBp=3000"
    }

    /// What no single field shows.
    private var contradictions: [String] {
        var problems: [String] = []
        if ticketTypes.isEmpty { problems.append("ticketTypes must not be empty") }
        let code = currency.code.utf8
        if code.count != 3 || !code.allSatisfy({ (65...90).contains($0) }) {
            problems.append("currency must be three capital letters, not \"\(currency.code)\"")
        }
        let allocated = ticketTypes.reduce(0) { $0 + ($1.allocation ?? 0) }
        if let capacity, allocated > capacity {
            problems.append(
                "ticketTypes: the allocations are \(allocated) together, more than the capacity "
                    + "of \(capacity)")
        }
        for (index, entry) in ticketTypes.enumerated() {
            if capacity == nil, entry.allocation == nil {
                problems.append(
                    "ticketTypes[\(index)].allocation must be there when the event has no capacity")
            }
            if ticketTypes[..<index].contains(where: { $0.name == entry.name }) {
                problems.append("ticketTypes[\(index)].name \"\(entry.name)\" is there twice")
            }
        }
        return problems
    }
}

struct EventFileError: Error, CustomStringConvertible {
    let path: String
    let problems: [String]

    var description: String {
        (["\(path) is no event:"] + problems).joined(separator: "\n  ")
    }
}
