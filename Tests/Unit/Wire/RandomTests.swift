import FoundationEssentials
import Support
import Testing
import Wire

/// Seeded: a failure names its seed, which repeats it.
@Suite struct RandomTests {
    @Test(arguments: 0..<20)
    func anyValueRoundTrips(_ seed: Int) throws {
        let random = Seeded(UInt64(seed))
        for _ in 0..<50 {
            let value = random.value(depth: 4)
            let bytes = CBOR.encode(value)
            #expect(try CBOR.decode(Value.self, from: bytes) == value, "seed \(seed)")
        }
    }

    /// Bytes that are wrong in random ways are refused or read, on every path alike: what the
    /// table accepts, a strict reader does, and what it reads, round-trips.
    @Test(arguments: 0..<8)
    func mutatedMessagesNeverTrap(_ seed: Int) throws {
        let random = Seeded(1_000 + UInt64(seed))
        let original = CBOR.encode(SampleReserve.example)
        var accepted = 0
        for _ in 0..<4_000 {
            let bytes = random.mutated(original)
            let read = try? CBOR.decode(SampleReserve.self, from: bytes)
            let strict = try? CBOR.decodeStrictly(SampleReserve.self, from: bytes[...])
            let problems = try? SampleReserve.fields.check(bytes)
            let value = try? CBOR.decode(Value.self, from: bytes)
            #expect((problems != nil) == (value != nil), "seed \(seed): \(bytes.hex)")
            if let value { #expect(CBOR.encode(value) == bytes) }
            #expect((problems == []) == (strict != nil), "seed \(seed): \(bytes.hex)")
            if strict != nil { #expect(strict == read, "seed \(seed): \(bytes.hex)") }
            if let read {
                #expect(try CBOR.decode(SampleReserve.self, from: CBOR.encode(read)) == read)
                accepted += 1
            }
        }
        #expect(accepted > 100)
    }

    @Test(arguments: 0..<4)
    func noiseNeverTraps(_ seed: Int) throws {
        let random = Seeded(2_000 + UInt64(seed))
        for _ in 0..<5_000 {
            let bytes = random.bytes(random.below(64))
            if let value = try? CBOR.decode(Value.self, from: bytes) {
                #expect(CBOR.encode(value) == bytes)
            }
            var frames = FrameDecoder(limit: 64)
            frames.append(bytes)
            while let body = try? frames.next() { #expect(body.count <= 64) }
            _ = try? SampleReserve.fields.encode(json: String(decoding: bytes, as: UTF8.self))
        }
    }
}
