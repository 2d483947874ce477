import Contracts
import FoundationEssentials
import Fuzz
import Net
import RPC
import Storage
import Wire

@testable import Command
@testable import Demo

/// What people type: JSON for `call`, the words of a command line, addresses, the credentials file,
/// the demo's event file.
///
/// Input: what it is meant to be, then the text.
final class JSONTarget: FuzzTarget {
    private let methods = InventoryAPI.methods + OrdersAPI.methods + PaymentsAPI.methods

    func run(_ input: [UInt8]) {
        var choices = Choices(input)
        let kind = choices.below(16)
        let method = choices.of(methods)
        let bytes = choices.rest()
        let text = String(decoding: bytes, as: UTF8.self)
        switch kind {
        case 0: checkWords(text)
        case 1: checkAddress(text)
        case 2: _ = try? JSONDecoder().decode(Credentials.self, from: Data(bytes))
        case 3, 4: checkEvent(text)
        case 5: checkPlain(text)
        default: checkMessage(text, of: method)
        }
    }

    /// JSON that is a method's message passes its table, and what it says survives.
    private func checkMessage(_ text: String, of method: AnyMethod) {
        guard let bytes = try? method.request.encode(json: text) else { return }
        must((try? method.request.check(bytes)) == [], "\(method.name) takes what it refuses")
        var reader = CBORReader(bytes)
        guard let value = try? reader.readValue() else {
            must(false, "\(method.name): JSON became what is no CBOR")
            return
        }
        let again = try? method.request.encode(json: value.json)
        must(again == bytes, "\(method.name): printed and typed again, it is another message")
    }

    private func checkPlain(_ text: String) {
        guard let value = try? Value(json: text) else { return }
        must((try? Value(json: value.json)) == value, "JSON is another value on the way back")
        must((try? Value(json: value.prettyJSON)) == value, "pretty JSON is another value")
    }

    private func checkWords(_ text: String) {
        let words = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        _ = try? Invocation(words, serveFlags: ["--listen", "--database"])
        for word in words { _ = DatabaseLocation.masked(word) }
    }

    private func checkAddress(_ text: String) {
        guard let address = Address(text) else { return }
        must(Address(address.description) == address, "\(address) is not read back")
    }

    private func checkEvent(_ text: String) {
        guard let file = try? EventFile.parse(text) else { return }
        must(file.places >= 0, "an event has \(file.places) places")
    }
}
