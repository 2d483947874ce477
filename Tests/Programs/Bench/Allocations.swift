import Synchronization

/// Counts calls of malloc by standing in front of glibc's, which the linker is told to do
/// (`--defsym` in Package.swift). Machines and neighbours do not move the count, so it shows a
/// regression that a time would hide.
enum Allocations {
    fileprivate static let made = Atomic<Int>(0)

    /// How often one call of `work` allocates, once it is warm.
    static func perCall(_ work: () throws -> Int) throws -> Double {
        let calls = 1_000
        var sum = 0
        for _ in 0..<10 { sum &+= try work() }
        let before = made.load(ordering: .relaxed)
        for _ in 0..<calls { sum &+= try work() }
        let after = made.load(ordering: .relaxed)
        precondition(sum != .min)
        return Double(after - before) / Double(calls)
    }
}

@_silgen_name("__libc_malloc")
private func glibcMalloc(_ size: Int) -> UnsafeMutableRawPointer?

@_cdecl("turnstile_counted_malloc")
public func countedMalloc(_ size: Int) -> UnsafeMutableRawPointer? {
    Allocations.made.add(1, ordering: .relaxed)
    return glibcMalloc(size)
}
