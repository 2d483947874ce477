import Lifecycle
import Support

/// One file: the bytes that readers see, those that are on the platter, and what was written
/// between the two since the last sync.
///
/// Sendable although it is not by itself: it is touched only under the lock of its disk.
final class DiskFile: @unchecked Sendable {
    private enum Change {
        /// Its bytes lie in `written` from `start`.
        case write(offset: Int, count: Int, start: Int)
        case truncate(size: Int)
    }

    private static let sectorBytes = 512

    private(set) var bytes: [UInt8]
    private var durable: [UInt8]
    private var changes: [Change] = []
    /// One buffer for all changes, so that a write allocates nothing.
    private var written: [UInt8] = []
    var locks = FileLocks()
    /// Kept by those who have it mapped.
    weak var sharedMemory: SharedMemory?

    /// A file that was there before: all of it is durable.
    init(_ bytes: [UInt8] = []) {
        self.bytes = bytes
        durable = bytes
    }

    func write(_ source: UnsafeRawBufferPointer, at offset: Int) {
        changes.append(.write(offset: offset, count: source.count, start: written.count))
        written.append(contentsOf: source)
        Self.write(source, at: offset, into: &bytes)
    }

    func truncate(to size: Int) {
        guard size < bytes.count else { return }
        changes.append(.truncate(size: size))
        bytes.removeSubrange(size...)
    }

    func sync() {
        for change in changes { apply(change) }
        forgetChanges()
    }

    /// Some of what was written reaches the platter, and nobody will ever try the rest again.
    func failToSync(_ random: SeededRandom) {
        for change in changes where random.below(2) == 0 { apply(change) }
        forgetChanges()
    }

    /// What is on the platter after the power went.
    func losePower(_ luck: Luck, _ random: SeededRandom) {
        for change in changes {
            switch luck.fate(random) {
            case .kept: apply(change)
            case .lost: break
            case .torn: tear(change, random)
            }
        }
        forgetChanges()
        bytes = durable
    }

    func forgetUsers() {
        locks = FileLocks()
        sharedMemory = nil
    }

    /// Changes a byte behind everybody's back, as a failing disk does.
    func flip(_ mask: UInt8, at offset: Int) {
        bytes[offset] ^= mask
        if offset < durable.count { durable[offset] ^= mask }
    }

    private func forgetChanges() {
        changes.removeAll(keepingCapacity: true)
        written.removeAll(keepingCapacity: true)
    }

    private func apply(_ change: Change) {
        switch change {
        case .write(let offset, let count, let start):
            copy(start..<start + count, to: offset)
        case .truncate(let size):
            if size < durable.count { durable.removeSubrange(size...) }
        }
    }

    /// Keeps some sectors of a write; to change the size is all or nothing.
    private func tear(_ change: Change, _ random: SeededRandom) {
        guard case .write(let offset, let count, let start) = change else {
            if random.below(2) == 0 { apply(change) }
            return
        }
        var done = 0
        while done < count {
            let untilNextSector = Self.sectorBytes - (offset + done) % Self.sectorBytes
            let piece = min(untilNextSector, count - done)
            if random.below(2) == 0 {
                copy(start + done..<start + done + piece, to: offset + done)
            }
            done += piece
        }
    }

    private func copy(_ range: Range<Int>, to offset: Int) {
        written.withUnsafeBytes {
            Self.write(UnsafeRawBufferPointer(rebasing: $0[range]), at: offset, into: &durable)
        }
    }

    private static func write(
        _ source: UnsafeRawBufferPointer, at offset: Int, into target: inout [UInt8]
    ) {
        if offset == target.count { return target.append(contentsOf: source) }
        let missing = offset + source.count - target.count
        if missing > 0 { target.append(contentsOf: repeatElement(0, count: missing)) }
        target.withUnsafeMutableBytes {
            UnsafeMutableRawBufferPointer(rebasing: $0[offset..<offset + source.count])
                .copyMemory(from: source)
        }
    }
}

/// How much of what was not synced one power cut leaves.
struct Luck {
    enum Fate {
        case kept, lost, torn
    }

    private let keptPercent: UInt64
    private let tornPercent: UInt64

    /// All, nothing and every sort of mixture: each fails something else.
    init(_ random: SeededRandom) {
        let choices: [(UInt64, UInt64)] = [(100, 0), (0, 0), (90, 5), (50, 25), (10, 10), (0, 100)]
        (keptPercent, tornPercent) = choices[Int(random.below(UInt64(choices.count)))]
    }

    func fate(_ random: SeededRandom) -> Fate {
        let draw = random.below(100)
        if draw < keptPercent { return .kept }
        return draw < keptPercent + tornPercent ? .torn : .lost
    }
}
