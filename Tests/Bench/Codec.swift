import FoundationEssentials
import Support
import Wire

/// The codec on one reserve request, against Foundation's JSON coders on the same one.
enum Codec {
    private typealias Work = () throws -> Int

    static func figures(runs: Int) throws -> [Figure] {
        let request = SampleReserve.example
        let hand = HandReserve(request)
        let cbor = try CBOR.encode(request)
        let json = try JSONEncoder().encode(request)
        let (encoder, decoder) = (JSONEncoder(), JSONDecoder())
        let fields = SampleReserve.fields

        let encodeJSON: Work = { try encoder.encode(request).count }
        let decodeJSON: Work = { try decoder.decode(SampleReserve.self, from: json).lines.count }
        let works: [(name: String, work: Work, baseline: Work)] = [
            ("codec.encode", { try CBOR.encode(request).count }, encodeJSON),
            (
                "codec.decode",
                { try CBOR.decode(SampleReserve.self, from: cbor).lines.count }, decodeJSON
            ),
            ("codec.encode.hand", { try CBOR.encode(hand).count }, encodeJSON),
            (
                "codec.decode.hand",
                { try CBOR.decode(HandReserve.self, from: cbor).request.lines.count }, decodeJSON
            ),
            ("codec.check", { try fields.check(cbor).count }, decodeJSON),
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
