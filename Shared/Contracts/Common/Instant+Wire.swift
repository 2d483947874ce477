public import Lifecycle
public import Wire

extension Instant: FieldValue, CBORReadable {
    public static var blank: Instant { Instant(milliseconds: 0) }
    public static func type(_ rule: NoRule) -> FieldType { .instant }

    public static func read(
        _ reader: inout CBORReader, _ rule: NoRule
    ) throws(CBORError) -> Instant {
        Instant(milliseconds: try reader.readInteger())
    }

    public func write(to writer: inout CBORWriter) { writer.integer(milliseconds) }

    public init(from reader: inout CBORReader) throws {
        self.init(milliseconds: try reader.readInteger())
    }
}
