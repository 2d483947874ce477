import CSQLite
import Lifecycle
public import Support
import Synchronization

/// The files of a disk at one moment, by their names.
public struct DiskImage: Sendable, Hashable {
    public var files: [String: [UInt8]]

    public init(files: [String: [UInt8]]) { self.files = files }
}

/// A disk in memory that SQLite keeps its files on, and that crashes as real ones do.
///
/// It is a file system of SQLite's (a VFS) under its own name, which must be unique in the process:
/// `DatabaseLocation.virtual(fileSystem: disk.name, path: "orders.db")`. What was synced survives
/// a power cut; each write since then is kept, lost or torn between sectors of 512 bytes, in any
/// combination that the seed draws. The same seed and the same calls give the same files, but for
/// the two salts that SQLite draws for a log, and the checksums which they go into.
///
/// After a crash every file that was open is dead: whoever still has it gets I/O errors and
/// reaches nothing. Any number of connections and threads may use a disk, and any number of disks
/// may be there at once.
public final class SimulatedDisk: Sendable {
    public let name: String
    let state: Mutex<DiskState>
    private let vfs: FileSystem
    private let onCrash = Mutex(CrashListener())

    public init(name: String, random: SeededRandom) {
        self.name = name
        state = Mutex(DiskState(random: random))
        vfs = FileSystem(name: name)
        vfs.register(self)
    }

    deinit { vfs.unregister() }

    /// Nothing new can be opened. Open files go on until they are closed.
    public func close() { vfs.unregister() }

    // MARK: Crashes

    /// The power goes, between two operations, and comes back.
    public func powerCut() { state.withLock { $0.powerCut() } }

    /// The process is killed between two operations; what it wrote stays.
    public func processDies() { state.withLock { $0.processDies() } }

    /// Plans a fault. Several may be planned; each counts operations by itself.
    public func plan(_ fault: DiskFault) { state.withLock { $0.plan(fault) } }

    public func forgetFaults() { state.withLock { $0.forgetFaults() } }

    /// Called after a crash that was planned, on the thread whose operation it struck, in the
    /// middle of SQLite: it must not use the database.
    public func whenCrashed(_ action: @escaping @Sendable () -> Void) {
        onCrash.withLock { $0.tell = action }
    }

    /// True after a planned crash: every operation fails until `restart`.
    public var isDown: Bool { state.withLock { $0.isDown } }

    public func restart() { state.withLock { $0.restart() } }

    // MARK: Conditions

    /// Files together may have so many bytes; what has more already may still be overwritten.
    public func setCapacity(_ bytes: Int) { state.withLock { $0.capacity = bytes } }

    /// Bytes that a file nobody reads takes up.
    public func setBallast(_ bytes: Int) { state.withLock { $0.ballast = bytes } }

    public func setReadOnly(_ isReadOnly: Bool) { state.withLock { $0.isReadOnly = isReadOnly } }

    /// Makes syncs succeed without a sync, as drives with a cache of their own have done: what was
    /// acknowledged is lost in a power cut. A campaign that does not notice checks nothing.
    public func setSyncsAreLies(_ areLies: Bool) { state.withLock { $0.syncsAreLies = areLies } }

    /// Makes a write that fails, or finds no room, say that it was done.
    public func setErrorsAreSwallowed(_ are: Bool) {
        state.withLock { $0.errorsAreSwallowed = are }
    }

    // MARK: Behind everybody's back

    /// The files as a process that starts now would find them.
    public var image: DiskImage {
        state.withLock { DiskImage(files: $0.files.mapValues(\.bytes)) }
    }

    /// Makes the files those of the image. Files that are open are dead.
    public func load(_ image: DiskImage) { state.withLock { $0.load(image) } }

    /// Flips a bit, durably, at a place drawn from all bytes of all files, or of one.
    ///
    /// - Returns: where; nil when there is nothing to flip.
    @discardableResult
    public func flipBit(in only: String? = nil) -> (file: String, offset: Int, mask: UInt8)? {
        state.withLock { state in
            let files = state.files.filter { only == nil || $0.key == only }.sorted {
                $0.key < $1.key
            }
            let total = files.reduce(0) { $0 + $1.value.bytes.count }
            guard total > 0 else { return nil }
            var offset = Int(state.random.below(UInt64(total)))
            let mask = UInt8(1) << UInt8(state.random.below(8))
            for (name, file) in files {
                if offset < file.bytes.count {
                    file.flip(mask, at: offset)
                    return (name, offset, mask)
                }
                offset -= file.bytes.count
            }
            return nil
        }
    }

    // MARK: Counts

    public var counts: OperationCounts { state.withLock { $0.counts } }

    /// Bytes of all files together.
    public var usedBytes: Int { state.withLock { $0.usedBytes } }

    /// Nil when the disk is as large as memory is.
    public var freeBytes: Int? {
        state.withLock { $0.capacity == .max ? nil : max(0, $0.capacity - $0.usedBytes) }
    }

    /// Does an operation unless it is to fail; `generation` is that of the open file.
    func perform(
        _ operation: Operation, of generation: Int? = nil,
        _ body: (inout DiskState, _ fails: Bool) -> Int32
    ) -> Int32 {
        let (code, hasCrashed) = state.withLock { state in
            switch state.verdict(on: operation, of: generation) {
            case .goesOn: return (body(&state, false), false)
            case .fails where state.swallows(operation): return (SQLITE_OK, false)
            case .fails: return (body(&state, true), false)
            case .refused: return (SQLITE_IOERR, false)
            case .crashes(let effect):
                // A sync that was not answered promises nothing; the rest may just have been done.
                if operation != .sync { _ = body(&state, false) }
                state.crash(effect)
                return (SQLITE_IOERR, true)
            }
        }
        if hasCrashed { onCrash.withLock { $0 }.tell?() }
        return code
    }
}

private struct CrashListener: Sendable {
    var tell: (@Sendable () -> Void)?
}
