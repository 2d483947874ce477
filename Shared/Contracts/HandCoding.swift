public import Lifecycle
public import Wire

// How the values that every contract is made of write themselves in a hand-coded message: the same
// bytes as by their Codable.

extension Word {
    public func write(to writer: inout CBORWriter) { writer.text(rawValue) }

    public init(from reader: inout CBORReader) throws {
        self.init(rawValue: try reader.readText())
    }
}

extension Instant: CBORWritable, CBORReadable {
    public func write(to writer: inout CBORWriter) { writer.integer(milliseconds) }

    public init(from reader: inout CBORReader) throws {
        self.init(milliseconds: try reader.readInteger())
    }
}

extension Money: HandCoded {
    public func write(to writer: inout CBORWriter) {
        writer.mapHeader(2)
        writer.field("amount", amount)
        writer.field("currency", currency.code)
    }

    public init(from reader: inout CBORReader) throws {
        var map = try reader.openMap()
        self.init(
            try map.read("amount", from: &reader),
            Currency(try map.read("currency", from: &reader)))
        try map.close(&reader)
    }
}

/// How many entries a map has beside the required ones.
func count(_ arePresent: Bool...) -> Int { arePresent.count { $0 } }
