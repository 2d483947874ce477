/// What a file system is asked to do; only these are counted and can be made to fail.
public enum Operation: Int, Sendable, CaseIterable {
    case open, read, write, truncate, sync, size, delete, access
}

/// Something that goes wrong at an operation to come.
public struct DiskFault: Sendable {
    public enum Effect: Sendable {
        /// The operation fails. A write may have been done in part; what a sync was to make
        /// durable is partly lost for good, although readers still see it: a later sync says
        /// nothing of it, as on Linux.
        case error
        /// The power is cut in the middle of the operation. The disk is down until `restart`.
        case powerCut
        /// The process dies in the middle of the operation. The disk is down until `restart`.
        case processDies
    }

    let effect: Effect
    let operations: Set<Operation>
    var skipped: Int
    let isLasting: Bool

    /// Strikes the operation of these kinds that comes after `skipped` others of them, and all
    /// that follow when it is lasting.
    public init(
        _ effect: Effect, at operations: Set<Operation> = Set(Operation.allCases),
        after skipped: Int = 0, isLasting: Bool = false
    ) {
        self.effect = effect
        self.operations = operations
        self.skipped = skipped
        self.isLasting = isLasting
    }
}

/// How often the disk was asked for what, failures included.
public struct OperationCounts: Sendable, Equatable {
    private var counts = [Int](repeating: 0, count: Operation.allCases.count)

    init() {}

    public subscript(_ operation: Operation) -> Int { counts[operation.rawValue] }
    public var all: Int { counts.reduce(0, +) }

    mutating func count(_ operation: Operation) { counts[operation.rawValue] += 1 }
}
