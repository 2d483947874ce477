import Contracts
import RPC
import Testing
import Wire

/// The bodies of all methods, by their tables.
@Suite struct BodyTests {
    static let methods = InventoryAPI.methods + OrdersAPI.methods + PaymentsAPI.methods

    /// A body in the order of its table is read, and written again as the same bytes: with all of
    /// its fields, and with those alone that it must have.
    @Test(arguments: methods.map(\.name))
    func whatIsReadIsWrittenAsItWas(_ name: String) throws {
        let method = try #require(Self.methods.first { $0.name == name })
        for body in [method.requestBody, method.replyBody] {
            for fields in [body.fields, Self.required(body.fields)] {
                try check(body, try WordsTests.body(fields))
            }
        }
    }

    private func check<B: Body>(_ body: B.Type, _ bytes: [UInt8]) throws {
        #expect(CBOR.encode(try CBOR.decode(body, from: bytes)) == bytes, "\(body)")
        #expect(CBOR.encode(try CBOR.decodeStrictly(body, from: bytes[...])) == bytes, "\(body)")
    }

    private static func required(_ fields: [Field]) -> [Field] {
        fields.filter(\.isRequired).map { Field($0.name, required($0.type), $0.note) }
    }

    private static func required(_ type: FieldType) -> FieldType {
        switch type {
        case .message(let fields, let name): .message(required(fields), name: name)
        case .list(let element, let most): .list(required(element), maxCount: most)
        default: type
        }
    }
}
