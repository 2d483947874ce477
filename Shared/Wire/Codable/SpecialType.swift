import FoundationEssentials

/// Types whose form on the wire is not what their own `Codable` gives.
///
/// They are known by their identity, looked up once: to name `[UInt8].self` afresh costs more than
/// to write one.
enum SpecialType {
    static let id = ObjectIdentifier(UUID.self)
    static let bytes = ObjectIdentifier([UInt8].self)
    static let value = ObjectIdentifier(Value.self)
    static let data = ObjectIdentifier(Data.self)
    static let date = ObjectIdentifier(Date.self)
}
