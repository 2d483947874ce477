import FoundationEssentials
import Support
import Wire

/// The codec on one reserve request, against Foundation's JSON coders on the same one: a request is
/// checked while it is read, and only what is wrong with one is asked of its table.
enum Codec {
    private typealias Work = () throws -> Int

    static func figures(runs: Int) throws -> [Figure] {
        let request = SampleReserve.example
        let twin = JSONReserve(request)
        let cbor = CBOR.encode(request)
        let json = try JSONEncoder().encode(twin)
        let (encoder, decoder) = (JSONEncoder(), JSONDecoder())
        let fields = SampleReserve.fields

        let encodeJSON: Work = { try encoder.encode(twin).count }
        let decodeJSON: Work = { try decoder.decode(JSONReserve.self, from: json).lines.count }
        let works: [(name: String, work: Work, baseline: Work)] = [
            ("codec.encode", { CBOR.encode(request).count }, encodeJSON),
            (
                "codec.decode",
                { try CBOR.decode(SampleReserve.self, from: cbor).lines.count }, decodeJSON
            ),
            (
                "codec.request",
                { try CBOR.decodeStrictly(SampleReserve.self, from: cbor[...]).lines.count },
                decodeJSON
            ),
            ("codec.problems", { try fields.check(cbor).count }, decodeJSON),
        ]
        return try works.flatMap { name, work, baseline in
            var (rates, baselines): ([Double], [Double]) = ([], [])
            for _ in 0..<runs {
                baselines.append(try rate(baseline))
                rates.append(try rate(work))
            }
            return [
                Figure(name: name, unit: "ops/s", runs: rates, baselines: baselines),
                Figure(
                    name: name + ".allocations", unit: "a call",
                    runs: [try Allocations.perCall(work)],
                    baselines: [try Allocations.perCall(baseline)], isHigherBetter: false),
            ]
        }
    }

    /// Calls a second, over a twentieth of a second.
    private static func rate(_ work: Work) throws -> Double {
        let clock = ContinuousClock()
        var sum = 0
        for _ in 0..<500 { sum &+= try work() }
        var calls = 0
        let start = clock.now
        var elapsed: Duration = .zero
        while elapsed < .milliseconds(50) {
            for _ in 0..<200 { sum &+= try work() }
            calls += 200
            elapsed = start.duration(to: clock.now)
        }
        precondition(sum != .min)
        let (seconds, attoseconds) = elapsed.components
        return Double(calls) / (Double(seconds) + Double(attoseconds) * 1e-18)
    }
}

/// The same request with a synthesized `Codable`, which Foundation's coders do best with.
private struct JSONReserve: Codable {
    struct Line: Codable {
        let ticketTypeId: UUID
        let quantity: Int64
    }

    struct Fence: Codable {
        let orderId: UUID
        let epoch: Int64
    }

    let holdId: UUID
    let eventId: UUID
    let owner: String
    let lines: [Line]
    let promoCode: String?
    let ttlMs: Int64
    let purpose: String
    let fence: Fence?

    init(_ request: SampleReserve) {
        holdId = request.holdId
        eventId = request.eventId
        owner = request.owner
        lines = request.lines.map {
            Line(ticketTypeId: $0.ticketTypeId, quantity: $0.quantity)
        }
        promoCode = request.promoCode
        ttlMs = request.ttlMs
        purpose = request.purpose
        fence = request.fence.map { Fence(orderId: $0.orderId, epoch: $0.epoch) }
    }
}
