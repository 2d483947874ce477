public import FoundationEssentials

/// A subject that has more than one fact of a sort of which there is one.
public struct RepeatedFact: Sendable, Hashable {
    public let subject: UUID
    public let kind: String
    public let count: Int64
}

extension Reader {
    /// So many facts are compared at once, which takes a few dozen MiB at most.
    public static let factsAtOnce: Int64 = 250_000

    /// Subjects with more than one of the facts that match, a thousand at most.
    ///
    /// They are compared in as many parts as their number asks for, by the last byte of their
    /// subjects, which is random: equal ones come into the same part.
    public func repeatedFacts(
        _ condition: SQL, atOnce: Int64 = Reader.factsAtOnce
    ) throws -> [RepeatedFact] {
        let count = try query("SELECT COUNT(*) FROM outbox") { try $0.next(Int64.self) }.first ?? 0
        let parts = Int(min(256, 1 + count / max(1, atOnce)))
        var repeated: [RepeatedFact] = []
        for part in 0..<parts where repeated.count < 1_000 {
            let bytes = (part * 256 / parts)...((part + 1) * 256 / parts - 1)
            repeated += try query(
                """
                SELECT subject, MIN(kind), COUNT(*) FROM outbox
                WHERE \(condition) AND substr(subject, 16, 1)
                    BETWEEN \([UInt8(bytes.lowerBound)]) AND \([UInt8(bytes.upperBound)])
                GROUP BY subject HAVING COUNT(*) > 1 LIMIT 1000
                """
            ) {
                RepeatedFact(
                    subject: try $0.next(), kind: try $0.next(), count: try $0.next())
            }
        }
        return repeated
    }
}
