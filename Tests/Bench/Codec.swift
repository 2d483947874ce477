import FoundationEssentials
import Support
import Wire

/// The codec on one reserve request, against Foundation's JSON coders on the same one.
enum Codec {
    static func figures(runs: Int) throws -> [Figure] {
        let request = SampleReserve.example
        let hand = HandReserve(request)
        let cbor = try CBOR.encode(request)
        let json = try JSONEncoder().encode(request)
        let (encoder, decoder) = (JSONEncoder(), JSONDecoder())
        let fields = SampleReserve.fields

        var rates: [[Double]] = Array(repeating: [], count: 7)
        for _ in 0..<runs {
            rates[0].append(try rate { try encoder.encode(request).count })
            rates[1].append(try rate { try decoder.decode(SampleReserve.self, from: json).lines.count })
            rates[2].append(try rate { try CBOR.encode(request).count })
            rates[3].append(try rate { try CBOR.decode(SampleReserve.self, from: cbor).lines.count })
            rates[4].append(try rate { try CBOR.encode(hand).count })
            rates[5].append(
                try rate { try CBOR.decode(HandReserve.self, from: cbor).request.lines.count })
            rates[6].append(try rate { try fields.check(cbor).count })
        }
        let names = [
            "codec.encode", "codec.decode", "codec.encode.hand", "codec.decode.hand", "codec.check",
        ]
        var figures = names.enumerated().map { index, name in
            Figure(
                name: name, unit: "ops/s", runs: rates[index + 2],
                baselines: rates[index % 2 == 0 && index < 4 ? 0 : 1])
        }
        for (name, work) in [
            ("codec.encode.allocations", { try CBOR.encode(request).count }),
            ("codec.decode.allocations", { try CBOR.decode(SampleReserve.self, from: cbor).lines.count }),
            ("codec.encode.hand.allocations", { try CBOR.encode(hand).count }),
            ("codec.decode.hand.allocations",
                { try CBOR.decode(HandReserve.self, from: cbor).request.lines.count }),
            ("codec.check.allocations", { try fields.check(cbor).count }),
        ] as [(String, () throws -> Int)] {
            guard let count = try Allocations.perCall(work) else { continue }
            figures.append(
                Figure(name: name, unit: "a call", runs: [count], isHigherBetter: false))
        }
        return figures
    }

    static func scratch() throws {
        let request = SampleReserve.example
        let cbor = try CBOR.encode(request)
        var n = 0
        for _ in 0..<600_000 { n += try CommandLine.arguments.contains("e") ? CBOR.encode(request).count : CBOR.decode(SampleReserve.self, from: cbor).lines.count }
        print(n)
    }
    /// Calls a second, over a tenth of a second.
    private static func rate(_ work: () throws -> Int) throws -> Double {
        let clock = ContinuousClock()
        var sum = 0
        for _ in 0..<1_000 { sum &+= try work() }
        var calls = 0
        let start = clock.now
        var elapsed: Duration = .zero
        while elapsed < .milliseconds(100) {
            for _ in 0..<500 { sum &+= try work() }
            calls += 500
            elapsed = start.duration(to: clock.now)
        }
        precondition(sum != .min)
        let (seconds, attoseconds) = elapsed.components
        return Double(calls) / (Double(seconds) + Double(attoseconds) * 1e-18)
    }
}
