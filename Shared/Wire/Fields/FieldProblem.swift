/// What is wrong with one field of a message: its path (`lines[2].quantity`), what it holds and
/// what it may hold.
public struct FieldProblem: Sendable, Equatable, CustomStringConvertible {
    public let field: String
    public let problem: String

    public init(field: String, problem: String) {
        self.field = field
        self.problem = problem
    }

    public var description: String { "\(field) \(problem)" }

    public var value: Value { .map([("field", .text(field)), ("problem", .text(problem))]) }

    public static let fields = [
        Field("field", .text(maxBytes: 4_096), "its path in the request"),
        Field("problem", .text(maxBytes: 4_096), "what it holds, and what it may hold"),
    ]
}
