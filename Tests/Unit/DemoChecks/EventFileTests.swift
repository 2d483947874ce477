import Testing

@testable import Demo

struct EventFileTests {
    private static let examples = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")

    @Test(arguments: [
        ("concert-hall", Int64(20_000)), ("club-night", 400), ("festival", 60_000),
    ])
    func examplesAreEvents(_ name: String, _ places: Int64) throws {
        let file = try EventFile.read(from: "/\(Self.examples)/deploy/events/\(name).json")
        #expect(file.places == places)
        #expect(!file.title.isEmpty)
    }

    private static func event(
        _ types: String, more: String = "", currency: String = "EUR"
    ) -> String {
        """
        {"title": "T", "startsInDays": 1, "currency": "\(currency)",
            "ticketTypes": [\(types)]\(more)}
        """
    }

    private static let seat = #"{"name": "A", "price": 100, "allocation": 5}"#
    private static let open = #"{"name": "B", "price": 0}"#

    @Test(arguments: [
        (seat, "", Int64(5)), (seat, #", "capacity": 9"#, 5),
        ("\(seat), \(open)", #", "capacity": 9"#, 9),
    ])
    func placesAreWhatCanBeSold(_ types: String, _ more: String, _ places: Int64) throws {
        #expect(try EventFile.parse(Self.event(types, more: more)).places == places)
    }

    @Test(arguments: [
        ("", "JSON"),
        ("{", "JSON"),
        ("[]", "object"),
        (event(""), "ticketTypes must not be empty"),
        (event(seat, currency: "eur"), "currency"),
        (event(open), "ticketTypes[0].allocation"),
        (event("\(seat), \(seat)"), "ticketTypes[1].name"),
        (event(seat, more: #", "capacity": 4"#), "more than the capacity"),
        (event(seat, more: #", "capacity": 0"#), "capacity"),
        (event(seat, more: #", "capicity": 10"#), "capicity"),
        (event(seat, more: #", "holdTtlMs": 9999"#), "holdTtlMs"),
        (event(#"{"name": "A", "price": -1, "allocation": 5}"#), "ticketTypes[0].price"),
        (event(#"{"name": "A", "allocation": 5}"#), "ticketTypes[0].price"),
        (event(#"{"name": "A", "price": "1", "allocation": 5}"#), "ticketTypes[0].price"),
        (event(#"{"name": "A", "price": 1.5, "allocation": 5}"#), "JSON"),
    ])
    func badFilesNameWhatIsWrong(_ json: String, _ named: String) throws {
        let error = #expect(throws: EventFileError.self) { try EventFile.parse(json) }
        #expect(error?.description.contains(named) == true, "\(String(describing: error))")
    }

    @Test func lateMoneyComesWhenEveryHoldHasEnded() throws {
        let file = try EventFile.parse(Self.event(Self.seat, more: #", "holdTtlMs": 20000"#))
        let settings = file.simSettings(seed: 7)
        #expect(settings.hasPrefix("seed=7,lateMs=23000,actionMs=15000,"))
        #expect(try EventFile.parse(Self.event(Self.seat)).holdMs == 60_000)
    }

    @Test func aMissingFileIsNamed() {
        let error = #expect(throws: EventFileError.self) {
            try EventFile.read(from: "/nowhere/event.json")
        }
        #expect(error?.description.contains("/nowhere/event.json") == true)
    }
}
