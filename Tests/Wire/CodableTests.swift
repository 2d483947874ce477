import FoundationEssentials
import Support
import Testing
import Wire

@Suite struct CodableTests {
    @Test func aMessageIsAMapInTheOrderOfItsDeclaration() throws {
        let bytes = try CBOR.encode(SampleReserve.example)
        #expect(bytes.count > 200)
        #expect(bytes.hex.hasPrefix("a866686f6c644964d82550"))
        #expect(try CBOR.decode(SampleReserve.self, from: bytes) == .example)
    }

    @Test func keysAreReadInAnyOrder() throws {
        let bytes = try CBOR.encode(SampleReserve.example)
        guard case .map(let entries) = try CBOR.decode(Value.self, from: bytes) else {
            Issue.record("no map")
            return
        }
        var random = Seeded(1)
        for _ in 0..<50 {
            let shuffled = try CBOR.encode(Value.map(entries.shuffled(using: &random)))
            #expect(try CBOR.decode(SampleReserve.self, from: shuffled) == .example)
            #expect(try CBOR.decode(HandReserve.self, from: shuffled).request == .example)
        }
    }

    @Test func absentAndNullMeanTheSame() throws {
        var request = SampleReserve.example
        request.promoCode = nil
        request.fence = nil
        let bytes = try CBOR.encode(request)
        #expect(bytes.first == 0xa6)
        guard case .map(let entries) = try CBOR.decode(Value.self, from: bytes) else { return }
        let withNulls = try CBOR.encode(
            Value.map([("promoCode", .null)] + entries + [("fence", .null)]))
        for bytes in [bytes, withNulls] {
            #expect(try CBOR.decode(SampleReserve.self, from: bytes) == request)
            #expect(try CBOR.decode(HandReserve.self, from: bytes).request == request)
        }
    }

    @Test func unknownKeysAreSkippedButChecked() throws {
        func with(_ item: String) -> [UInt8] {
            [UInt8](hex: "a3657468696e6701") + [UInt8](hex: "617a") + [UInt8](hex: item)
                + [UInt8](hex: "656f7468657202")
        }
        struct Known: Codable { var thing, other: Int }
        #expect(try CBOR.decode(Known.self, from: with("8301a0f6")).other == 2)
        #expect(throws: CBORError(offset: 10, .floatingPoint)) {
            try CBOR.decode(Known.self, from: with("f90000"))
        }
    }

    @Test func duplicateKeysAreRefusedOnEveryPath() throws {
        guard
            case .map(let entries) = try CBOR.decode(
                Value.self, from: try CBOR.encode(SampleReserve.example))
        else { return }
        for extra in [("holdId", entries[0].1), ("purpose", "CART" as Value)] {
            let bytes = try CBOR.encode(Value.map(entries + [extra]))
            #expect(throws: CBORError.self) { try CBOR.decode(SampleReserve.self, from: bytes) }
            #expect(throws: CBORError.self) { try CBOR.decode(HandReserve.self, from: bytes) }
        }
        let twice: Value = .map(entries + [("new", 1), ("new", 2)])
        #expect(throws: CBORError.self) {
            try CBOR.decode(HandReserve.self, from: try CBOR.encode(twice))
        }
    }

    @Test func missingKeysAndWrongTypesAreNamedWithTheirOffset() throws {
        let bytes = [UInt8](hex: "a1617801")
        struct X: Codable { var y: Int }
        struct Z: Codable { var x: String }
        #expect(throws: CBORError(offset: 0, .missingKey("y"))) {
            try CBOR.decode(X.self, from: bytes)
        }
        #expect(throws: CBORError(offset: 3, .mismatch(expected: "text", found: "an integer"))) {
            try CBOR.decode(Z.self, from: bytes)
        }
        #expect(throws: CBORError(offset: 0, .outOfRange(300, for: "UInt8"))) {
            try CBOR.decode(UInt8.self, from: [UInt8](hex: "19012c"))
        }
    }

    @Test func bytesAreByteStringsAndIdsAreTagged() throws {
        struct Blobs: Codable, Equatable {
            var array: [UInt8]
            var data: Data
            var id: UUID
            var maybe: [UInt8]?
        }
        let id = SampleReserve.example.holdId
        let blobs = Blobs(array: [1, 2], data: Data([3]), id: id, maybe: [])
        let bytes = try CBOR.encode(blobs)
        #expect(
            try CBOR.decode(Value.self, from: bytes)
                == [
                    "array": .bytes([1, 2]), "data": .bytes([3]), "id": .id(id),
                    "maybe": .bytes([]),
                ]
        )
        #expect(try CBOR.decode(Blobs.self, from: bytes) == blobs)
    }

    @Test func dictionariesAreSortedAndHaveTextKeys() throws {
        let words = ["pear": 1, "fig": 2, "apple": 3, "kiwi": 4, "7": 5]
        let sorted: Value = ["7": 5, "fig": 2, "kiwi": 4, "pear": 1, "apple": 3]
        #expect(try CBOR.encode(words) == CBOR.encode(sorted))
        #expect(try CBOR.decode([String: Int].self, from: try CBOR.encode(words)) == words)
        let many = Dictionary(uniqueKeysWithValues: (0..<300).map { ("key\($0)", [$0]) })
        #expect(try CBOR.decode([String: [Int]].self, from: try CBOR.encode(many)) == many)
        #expect(throws: (any Error).self) { try CBOR.encode([SampleReserve.example.holdId: 1]) }
    }

    @Test func whatTheWireHasNoFormForIsRefused() throws {
        struct Timed: Codable { var at: Date }
        #expect(throws: (any Error).self) { try CBOR.encode(Timed(at: Date())) }
        #expect(throws: (any Error).self) { try CBOR.encode(["a": 1.5]) }
        #expect(throws: (any Error).self) { try CBOR.encode([Float(1)]) }
        #expect(throws: (any Error).self) { try CBOR.encode(1.5) }
        #expect(throws: (any Error).self) { try CBOR.encode(UInt64.max) }
        var writer = CBORWriter()
        writer.integer(1)
        #expect(throws: (any Error).self) { try CBOR.append(["a": 1.5], to: &writer) }
        #expect(writer.bytes == [1])
    }

    @Test func nestedContainersAndAnyValuesWork() throws {
        struct Nested: Codable, Equatable {
            var inner: Int
            var words: [String]
            var any: Value

            enum Keys: CodingKey { case box, words, any }
            enum BoxKeys: CodingKey { case inner }

            init(inner: Int, words: [String], any: Value) {
                (self.inner, self.words, self.any) = (inner, words, any)
            }

            init(from decoder: any Decoder) throws {
                let map = try decoder.container(keyedBy: Keys.self)
                inner = try map.nestedContainer(keyedBy: BoxKeys.self, forKey: .box)
                    .decode(Int.self, forKey: .inner)
                var list = try map.nestedUnkeyedContainer(forKey: .words)
                words = []
                while !list.isAtEnd { words.append(try list.decode(String.self)) }
                any = try map.decode(Value.self, forKey: .any)
            }

            func encode(to encoder: any Encoder) throws {
                var map = encoder.container(keyedBy: Keys.self)
                var box = map.nestedContainer(keyedBy: BoxKeys.self, forKey: .box)
                try box.encode(inner, forKey: .inner)
                var list = map.nestedUnkeyedContainer(forKey: .words)
                for word in words { try list.encode(word) }
                try map.encode(any, forKey: .any)
            }
        }
        let value = Nested(
            inner: -5, words: (0..<30).map { "w\($0)" }, any: ["id": .id(UUID()), "n": .null])
        #expect(try CBOR.decode(Nested.self, from: try CBOR.encode(value)) == value)
    }

    @Test func writingBackIntoAClosedContainerIsRefused() {
        struct Backwards: Encodable {
            enum Keys: CodingKey { case a, b, c }
            func encode(to encoder: any Encoder) throws {
                var map = encoder.container(keyedBy: Keys.self)
                var inner = map.nestedContainer(keyedBy: Keys.self, forKey: .a)
                try map.encode(1, forKey: .b)
                try inner.encode(2, forKey: .c)
            }
        }
        #expect(throws: (any Error).self) { try CBOR.encode(Backwards()) }
    }

    @Test func emptyMessagesAreEmptyMaps() throws {
        struct Empty: Codable {}
        #expect(try CBOR.encode(Empty()) == [0xa0])
        _ = try CBOR.decode(Empty.self, from: [0xa0])
    }

    @Test func handCodedMessagesHaveTheBytesOfTheirCodable() throws {
        for promo in ["EARLYBIRD", nil] {
            for fence in [SampleReserve.example.fence, nil] {
                var request = SampleReserve.example
                (request.promoCode, request.fence) = (promo, fence)
                let bytes = try CBOR.encode(request)
                #expect(try CBOR.encode(HandReserve(request)) == bytes)
                #expect(try CBOR.decode(HandReserve.self, from: bytes).request == request)
            }
        }
    }
}
