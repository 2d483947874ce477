internal import Text

/// The time zones that there are, by their names in the IANA database. What they mean is for those
/// who show times; here they only must exist.
public struct TimeZones: Sendable {
    private let names: Set<ByteText>

    public init(_ names: [String]) { self.names = Set(names.map { ByteText($0) }) }

    public var count: Int { names.count }

    public func contains(_ name: String) -> Bool { names.contains(ByteText(name)) }
}
