extension CodableEncoder {
    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        KeyedEncodingContainer(
            MapEncoding<Key>(
                encoder: self, place: place(isMap: true, keyType: ObjectIdentifier(type))))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        ArrayEncoding(encoder: self, place: place(isMap: false))
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { self }

    func write(integer value: some FixedWidthInteger) throws {
        guard let number = Int64(exactly: value) else {
            throw EncodingProblem.unsupported("\(value), which is beyond Int64")
        }
        writer.integer(number)
    }
}

extension CodableEncoder: SingleValueEncodingContainer {
    func encodeNil() { writer.null() }
    func encode(_ value: Bool) { writer.bool(value) }
    func encode(_ value: String) { writer.text(value) }
    func encode(_ value: some FixedWidthInteger & Encodable) throws { try write(integer: value) }
    func encode(_ value: some BinaryFloatingPoint & Encodable) throws {
        throw EncodingProblem.unsupported("floating point")
    }
    func encode(_ value: some Encodable) throws { try write(value) }
}

private struct MapEncoding<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let encoder: CodableEncoder
    let place: CodableEncoder.Place

    var codingPath: [any CodingKey] { [] }

    private func begin(_ key: Key) throws {
        try encoder.begin(place)
        encoder.writer.text(key.stringValue)
    }

    func encodeNil(forKey key: Key) throws {
        try begin(key)
        encoder.writer.null()
    }

    func encode(_ value: Bool, forKey key: Key) throws {
        try begin(key)
        encoder.writer.bool(value)
    }

    func encode(_ value: String, forKey key: Key) throws {
        try begin(key)
        encoder.writer.text(value)
    }

    func encode(_ value: Int64, forKey key: Key) throws {
        try begin(key)
        encoder.writer.integer(value)
    }

    func encode(_ value: some FixedWidthInteger & Encodable, forKey key: Key) throws {
        try begin(key)
        try encoder.write(integer: value)
    }

    func encode(_ value: some BinaryFloatingPoint & Encodable, forKey key: Key) throws {
        throw EncodingProblem.unsupported("floating point under \"\(key.stringValue)\"")
    }

    func encode(_ value: some Encodable, forKey key: Key) throws {
        try begin(key)
        try encoder.write(value)
    }

    func encodeIfPresent(_ value: String?, forKey key: Key) throws {
        if let value { try encode(value, forKey: key) }
    }

    func encodeIfPresent<T: Encodable>(_ value: T?, forKey key: Key) throws {
        if let value { try encode(value, forKey: key) }
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) -> KeyedEncodingContainer<Nested> {
        start(key)
        return KeyedEncodingContainer(
            MapEncoding<Nested>(encoder: encoder, place: encoder.push(isMap: true)))
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        start(key)
        return ArrayEncoding(encoder: encoder, place: encoder.push(isMap: false))
    }

    func superEncoder() -> any Encoder { refuseSuper() }
    func superEncoder(forKey key: Key) -> any Encoder { refuseSuper() }

    private func refuseSuper() -> any Encoder {
        encoder.refuse("a class and its superclass")
        return encoder
    }

    private func start(_ key: Key) {
        do { try begin(key) } catch { encoder.refuse("a nested container in a closed one") }
    }
}

private struct ArrayEncoding: UnkeyedEncodingContainer {
    let encoder: CodableEncoder
    let place: CodableEncoder.Place

    var codingPath: [any CodingKey] { [] }
    var count: Int { encoder.count(place) }

    func encodeNil() throws {
        try encoder.begin(place)
        encoder.writer.null()
    }

    func encode(_ value: Bool) throws {
        try encoder.begin(place)
        encoder.writer.bool(value)
    }

    func encode(_ value: String) throws {
        try encoder.begin(place)
        encoder.writer.text(value)
    }

    func encode(_ value: some FixedWidthInteger & Encodable) throws {
        try encoder.begin(place)
        try encoder.write(integer: value)
    }

    func encode(_ value: some BinaryFloatingPoint & Encodable) throws {
        throw EncodingProblem.unsupported("floating point")
    }

    func encode(_ value: some Encodable) throws {
        try encoder.begin(place)
        try encoder.write(value)
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type
    ) -> KeyedEncodingContainer<Nested> {
        start()
        return KeyedEncodingContainer(
            MapEncoding<Nested>(encoder: encoder, place: encoder.push(isMap: true)))
    }

    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
        start()
        return ArrayEncoding(encoder: encoder, place: encoder.push(isMap: false))
    }

    func superEncoder() -> any Encoder {
        encoder.refuse("a class and its superclass")
        return encoder
    }

    private func start() {
        do { try encoder.begin(place) } catch {
            encoder.refuse("a nested container in a closed one")
        }
    }
}
