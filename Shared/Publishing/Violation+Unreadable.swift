public import Contracts
internal import Storage

extension Violation {
    /// What a check finds. Data that it can't read is a finding too, and hides none of the other
    /// checks.
    public static func found(
        by invariant: String, _ check: () throws -> [Violation]
    ) throws -> [Violation] {
        do { return try check() } catch let error as StorageError where error.code == .corrupt {
            return [unreadable(error, invariant, "a row")]
        }
    }

    public static func unreadable(
        _ error: any Error, _ invariant: String, _ subject: String
    ) -> Violation {
        Violation(
            invariant: invariant, subject: subject, expected: "it can be read", actual: "\(error)")
    }
}
