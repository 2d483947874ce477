import CSQLite
import Lifecycle
import Synchronization

/// A file as one connection has it open.
///
/// Sendable although it is not by itself: it is touched only under the lock of its disk.
final class FileHandle: @unchecked Sendable {
    let disk: SimulatedDisk
    let isReadOnly: Bool
    private let file: DiskFile
    private let name: String
    private let generation: Int
    private let isDeletedOnClose: Bool
    /// As on Unix, the first sync of a log or a journal syncs the directory as well.
    private var syncsDirectory: Bool
    private var sharedMemory: SharedMemory?

    init(
        _ file: DiskFile, named name: String?, on disk: SimulatedDisk, generation: Int,
        _ flags: Int32, isReadOnly: Bool
    ) {
        let logs = SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_SUPER_JOURNAL
        syncsDirectory = flags & SQLITE_OPEN_CREATE != 0 && flags & logs != 0
        isDeletedOnClose = flags & SQLITE_OPEN_DELETEONCLOSE != 0
        self.file = file
        self.name = name ?? ""
        self.disk = disk
        self.generation = generation
        self.isReadOnly = isReadOnly
    }

    private var user: ObjectIdentifier { ObjectIdentifier(self) }

    private func perform(
        _ operation: Operation, _ body: (inout DiskState, _ fails: Bool) -> Int32
    ) -> Int32 {
        disk.perform(operation, of: generation, body)
    }

    /// What is not counted and never fails, unless the process is dead.
    private func whileAlive(_ body: () -> Int32) -> Int32 {
        disk.state.withLock { state in
            generation == state.generation && !state.isDown ? body() : SQLITE_IOERR
        }
    }

    func close() {
        disk.state.withLock { state in
            guard generation == state.generation else { return }
            file.locks.lower(user, to: SQLITE_LOCK_NONE)
            if isDeletedOnClose, state.files[name] === file { state.delete(name, isSynced: false) }
        }
    }

    // MARK: Bytes

    func read(_ target: UnsafeMutableRawBufferPointer, at offset: Int) -> Int32 {
        perform(.read) { _, fails in
            guard !fails else { return InputOutputError.read }
            let count = max(0, min(target.count, file.bytes.count - offset))
            file.bytes.withUnsafeBytes { bytes in
                guard count > 0 else { return }
                target.copyMemory(
                    from: UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count]))
            }
            guard count < target.count else { return SQLITE_OK }
            UnsafeMutableRawBufferPointer(rebasing: target[count...])
                .initializeMemory(as: UInt8.self, repeating: 0)
            return InputOutputError.shortRead
        }
    }

    func write(_ source: UnsafeRawBufferPointer, at offset: Int) -> Int32 {
        perform(.write) { state, fails in
            guard !state.isReadOnly else { return InputOutputError.write }
            let growth = max(0, offset + source.count - file.bytes.count)
            guard growth == 0 || state.usedBytes + growth <= state.capacity else {
                return state.errorsAreSwallowed ? SQLITE_OK : SQLITE_FULL
            }
            guard !fails else {
                let done = Int(state.random.below(UInt64(source.count)))
                file.write(UnsafeRawBufferPointer(rebasing: source[..<done]), at: offset)
                return InputOutputError.write
            }
            file.write(source, at: offset)
            return SQLITE_OK
        }
    }

    func truncate(to size: Int) -> Int32 {
        perform(.truncate) { state, fails in
            guard !fails, !state.isReadOnly else { return InputOutputError.truncate }
            file.truncate(to: size)
            return SQLITE_OK
        }
    }

    func sync() -> Int32 {
        perform(.sync) { state, fails in
            guard !fails else {
                file.failToSync(state.random)
                return InputOutputError.sync
            }
            state.sync(file, named: name, withDirectory: syncsDirectory)
            syncsDirectory = false
            return SQLITE_OK
        }
    }

    func size(_ answer: UnsafeMutablePointer<sqlite3_int64>?) -> Int32 {
        perform(.size) { _, fails in
            guard !fails else { return InputOutputError.size }
            answer?.pointee = sqlite3_int64(file.bytes.count)
            return SQLITE_OK
        }
    }

    // MARK: Locks and the log's index

    func lock(_ level: Int32) -> Int32 { whileAlive { file.locks.raise(user, to: level) } }

    func unlock(_ level: Int32) -> Int32 {
        whileAlive {
            file.locks.lower(user, to: level)
            return SQLITE_OK
        }
    }

    func isReserved(_ answer: UnsafeMutablePointer<Int32>?) -> Int32 {
        whileAlive {
            answer?.pointee = file.locks.isReserved ? 1 : 0
            return SQLITE_OK
        }
    }

    func map(
        _ index: Int, bytes: Int, extends: Bool,
        _ answer: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
    ) -> Int32 {
        whileAlive {
            let memory = sharedMemory ?? file.sharedMemory ?? SharedMemory()
            sharedMemory = memory
            file.sharedMemory = memory
            answer?.pointee = memory.piece(index, bytes: bytes, extends: extends)
            return SQLITE_OK
        }
    }

    func lockShared(_ slots: Range<Int>, _ flags: Int32) -> Int32 {
        whileAlive { sharedMemory?.lock(slots, flags, by: user) ?? InputOutputError.sharedLock }
    }

    func unmap() {
        disk.state.withLock { _ in
            sharedMemory?.leave(user)
            sharedMemory = nil
        }
    }
}
