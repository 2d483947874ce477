import Glibc
import Synchronization

/// Counts the objects that the Swift runtime allocates, by standing in front of its allocator.
/// Machines and neighbours do not move the count, so it shows a regression that a time would hide.
enum Allocations {
    private typealias Allocate =
        @convention(c) (UnsafeRawPointer?, Int, Int) -> UnsafeMutableRawPointer?

    private static let made = Atomic<Int>(0)
    /// What the runtime calls for every object; a variable so that tools can do just this.
    nonisolated(unsafe) private static let hook = dlsym(nil, "_swift_allocObject")?
        .assumingMemoryBound(to: Allocate?.self)
    nonisolated(unsafe) private static var original: Allocate?

    /// How many objects one call of `work` allocates, once it is warm; nil without the hook.
    static func perCall(_ work: () throws -> Int) throws -> Double? {
        guard let hook, hook.pointee != nil else { return nil }
        let calls = 1_000
        var sum = 0
        for _ in 0..<10 { sum &+= try work() }
        original = hook.pointee
        hook.pointee = { type, size, alignment in
            Allocations.made.add(1, ordering: .relaxed)
            return Allocations.original?(type, size, alignment)
        }
        defer { hook.pointee = original }
        let before = made.load(ordering: .relaxed)
        for _ in 0..<calls { sum &+= try work() }
        let after = made.load(ordering: .relaxed)
        precondition(sum != .min)
        return Double(after - before) / Double(calls)
    }
}
