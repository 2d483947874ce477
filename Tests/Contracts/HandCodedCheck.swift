import Contracts
import Testing
import Wire

/// Makes the synthesized Codable write what it holds.
private struct Boxed<Value: Codable>: Codable {
    let value: Value
}

/// Hand-coded bytes are those of the synthesized Codable, they read back to the same message, and
/// its field table finds nothing wrong with them.
func check<Value: HandCoded & Hashable>(
    _ message: Value, at location: SourceLocation = #_sourceLocation
) throws {
    let bytes = try CBOR.encode(message)
    let boxed = try CBOR.encode(Boxed(value: message))
    #expect(boxed == [0xa1, 0x65] + Array("value".utf8) + bytes, sourceLocation: location)
    #expect(try CBOR.decode(Value.self, from: bytes) == message, sourceLocation: location)
    let unboxed = try CBOR.decode(Boxed<Value>.self, from: boxed).value
    #expect(unboxed == message, sourceLocation: location)
    #expect(try Value.fields.check(bytes[...]).isEmpty, sourceLocation: location)
}
