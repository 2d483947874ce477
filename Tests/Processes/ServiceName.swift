/// The three services, by the names of their executables.
public enum ServiceName: String, CaseIterable, Sendable, CustomStringConvertible {
    case inventory, orders, payments

    public var description: String { rawValue }
}
