/// A place where one of the services dies, as `Failpoint` names it.
public struct CrashPoint: Hashable, Sendable, CustomStringConvertible {
    public let service: ServiceName
    public let place: String
    /// What goes on there, all of which is gone through again by whoever dies in it: the place
    /// without its last word.
    public let operation: String

    public init(_ place: String) {
        self.place = place
        let words = place.split(separator: ".")
        operation = words.dropLast().joined(separator: ".")
        service =
            switch words.first {
            case "saga": .orders
            case "provider": .payments
            default:
                words.dropFirst().first.flatMap { ServiceName(rawValue: String($0)) } ?? .orders
            }
    }

    public var description: String { place }
}
