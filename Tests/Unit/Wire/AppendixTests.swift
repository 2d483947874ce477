import Support
import Testing
import Wire

@Suite struct AppendixTests {
    @Test func theListsAreWhole() {
        #expect(appendixA.count == 82)
        #expect(appendixF.count == 94)
    }

    @Test(arguments: appendixA.indices)
    func examples(_ index: Int) throws {
        let (hex, expectation) = appendixA[index]
        switch expectation {
        case .value(let value):
            #expect(try CBOR.decode(Value.self, from: [UInt8](hex: hex)) == value)
            #expect(CBOR.encode(value).hex == hex)
        case .refused(let offset, let problem):
            #expect(throws: CBORError(offset: offset, problem)) {
                try CBOR.decode(Value.self, from: [UInt8](hex: hex))
            }
        }
    }

    @Test(arguments: appendixF.indices)
    func malformed(_ index: Int) {
        let (hex, offset, problem) = appendixF[index]
        #expect(throws: CBORError(offset: offset, problem)) {
            try CBOR.decode(Value.self, from: [UInt8](hex: hex))
        }
    }
}
