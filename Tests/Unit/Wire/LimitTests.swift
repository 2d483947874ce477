import Support
import Testing
import Wire

/// Each limit of a reader, at its edge and one beyond.
@Suite struct LimitTests {
    @Test func depth() throws {
        let deepest = [UInt8](repeating: 0x81, count: 16) + [0]
        #expect(try CBOR.decode(Value.self, from: deepest).json == nested(16))
        #expect(throws: CBORError(offset: 16, .tooDeep(limit: 16))) {
            try CBOR.decode(Value.self, from: [0x81] + deepest)
        }
        let maps = [UInt8](hex: String(repeating: "a16161", count: 17)) + [0]
        #expect(throws: CBORError(offset: 48, .tooDeep(limit: 16))) {
            try CBOR.decode(Value.self, from: maps)
        }
    }

    /// What stands inside the maps and lists of a message is as deep as for everybody else.
    @Test(arguments: [(14, true), (15, false)])
    func depthInAMessage(_ lists: Int, _ isTaken: Bool) throws {
        let unknown = [UInt8](repeating: 0x81, count: lists) + [0]
        let line = CBOR.encode(SampleReserve.example.lines[0])
        let fence = CBOR.encode(SampleReserve.example.fence)
        // In the fence there is one level less around it than in a line, which stands in a list.
        for (known, deeper) in [(fence, unknown), (line, Array(unknown.dropFirst()))] {
            let longer = [known[0] + 1] + known.dropFirst() + [0x61, 0x78] + deeper
            let message = CBOR.encode(SampleReserve.example).replacing(known, with: longer)
            let request = try? CBOR.decode(SampleReserve.self, from: message)
            #expect((request != nil) == isTaken)
            #expect((try? SampleReserve.fields.check(message)) == (isTaken ? [] : nil))
        }
    }

    private func nested(_ depth: Int) -> String {
        String(repeating: "[", count: depth) + "0" + String(repeating: "]", count: depth)
    }

    @Test(arguments: [(0x80, 1), (0xa0, 4)])
    func items(_ major: Int, _ itemBytes: Int) throws {
        func bytes(_ count: Int) -> [UInt8] {
            var writer = CBORWriter()
            if major == 0x80 { writer.arrayHeader(count) } else { writer.mapHeader(count) }
            for index in 0..<count {
                if major == 0xa0 { writer.text("\(index)") }
                writer.integer(0)
            }
            return writer.bytes
        }
        _ = try CBOR.decode(Value.self, from: bytes(10_000))
        #expect(throws: CBORError(offset: 0, .tooManyItems(limit: 10_000))) {
            try CBOR.decode(Value.self, from: bytes(10_001))
        }
    }

    @Test(arguments: [UInt8(0x40), 0x60])
    func strings(_ major: UInt8) throws {
        let longest = [major | 26, 0, 1, 0, 0] + [UInt8](repeating: 0x61, count: 65_536)
        _ = try CBOR.decode(Value.self, from: longest)
        let longer = [major | 26, 0, 1, 0, 1] + [UInt8](repeating: 0x61, count: 65_537)
        #expect(throws: CBORError(offset: 0, .stringTooLong(limit: 65_536))) {
            try CBOR.decode(Value.self, from: longer)
        }
    }

    @Test func noMoreItemsThanBytes() {
        #expect(throws: CBORError(offset: 0, .truncated)) {
            try CBOR.decode(Value.self, from: [UInt8](hex: "99270f00"))
        }
        #expect(throws: CBORError(offset: 0, .truncated)) {
            try CBOR.decode(Value.self, from: [UInt8](hex: "a2616100"))
        }
    }
}
