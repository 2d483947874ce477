import Fuzz
import Wire

/// What is accepted has one form only: written again it is the same bytes. Whoever skips an item
/// accepts what its reader does.
///
/// Input: one item.
final class CBORTarget: FuzzTarget {
    func run(_ input: [UInt8]) {
        var reader = CBORReader(input)
        let value = try? reader.readValue()
        let length = reader.offset
        reader = CBORReader(input)
        let item = try? reader.readItem()
        must((value == nil) == (item == nil), "skipping and reading disagree")
        guard let value, let item else { return }
        must(item.count == length, "skipping and reading end at different bytes")
        var writer = CBORWriter()
        writer.value(value)
        must(writer.bytes == Array(item), "written again, the value has other bytes")
        // The rest takes longer, so that only some inputs go all the way.
        guard input.reduce(0, &+) % 8 == 0 else { return }
        let decoded = try? CBOR.decode(Value.self, from: item)
        must(decoded == value, "the same bytes are read as another value")
        checkJSON(value)
    }

    /// Text that is the same to people, in two forms, is one key in JSON and two here.
    private func checkJSON(_ value: Value) {
        let (line, pretty) = (value.json, value.prettyJSON)
        do {
            let read = try Value(json: line)
            must(read.json == line, "JSON is read as something else")
            must(read.prettyJSON == pretty, "JSON is printed as something else")
        } catch {
            must(error.problem.hasSuffix("is given twice"), "our own JSON is refused: \(error)")
        }
    }
}
