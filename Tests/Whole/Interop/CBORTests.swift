import Foundation
import Processes
import Support
import Testing
import Wire

/// The codec against `cbor2` from PyPI, on generated values and messages, both ways.
@Suite struct CBORTests {
    @Test(arguments: 1...3)
    func cbor2ReadsAndWritesWhatWeWrite(_ seed: Int) async throws {
        let random = Seeded(UInt64(seed))
        var lines = ""
        for _ in 0..<200 {
            let item = CBOR.encode(random.value(depth: 2))
            lines += "\(item.hex)\t\(try CBOR.decode(Value.self, from: item).json)\n"
            let message = CBOR.encode(random.reserve())
            lines += "\(message.hex)\t\(try CBOR.decode(Value.self, from: message).json)\n"
        }
        let output = try await Python.run("interop.py", ["check"], input: lines)
        #expect(output == "400 items, 0 different\n")
    }

    @Test(arguments: 1...3)
    func weReadAndWriteWhatCbor2Writes(_ seed: Int) async throws {
        let output = try await Python.run("interop.py", ["generate", "\(seed)", "200"])
        let lines = output.split(separator: "\n")
        #expect(lines.count == 200)
        for line in lines {
            let parts = line.split(separator: "\t", maxSplits: 1)
            let item = [UInt8](hex: String(parts[0]))
            let value = try CBOR.decode(Value.self, from: item)
            #expect(CBOR.encode(value) == item)
            #expect(try Value(json: value.json) == Value(json: String(parts[1])))
        }
    }
}

extension Seeded {
    fileprivate func reserve() -> SampleReserve {
        var request = SampleReserve.example
        request.owner = "user:\(text())"
        request.ttlMs = Int64(below(1 << 40)) - (1 << 20)
        request.lines = (0..<below(40)).flatMap { _ in SampleReserve.example.lines }
        if below(2) == 0 { request.promoCode = nil }
        if below(2) == 0 { request.fence = nil }
        return request
    }
}
