import CSQLite
import Glibc
import Support
import Synchronization

/// The VFS of one disk as SQLite sees it: a table of C functions.
///
/// Sendable: its memory is written before it is registered and freed after nobody can use it, when
/// the disk and with it every open file is gone.
final class FileSystem: @unchecked Sendable {
    private static let withoutMemoryCount = turnstile_sqlite_without_memory_count()
    private let vfs: UnsafeMutablePointer<sqlite3_vfs>
    private let name: UnsafeMutablePointer<CChar>?

    init(name: String) {
        _ = Self.withoutMemoryCount
        self.name = strdup(name)
        vfs = .allocate(capacity: 1)
        var table = sqlite3_vfs()
        table.iVersion = 2
        table.szOsFile = Int32(MemoryLayout<FileSlot>.size)
        table.mxPathname = 512
        table.zName = UnsafePointer(self.name)
        table.xOpen = Self.open
        table.xDelete = Self.delete
        table.xAccess = Self.access
        table.xFullPathname = { _, path, size, result in
            guard let path, let result, strlen(path) < Int(size) else { return SQLITE_CANTOPEN }
            strcpy(result, path)
            return SQLITE_OK
        }
        table.xRandomness = { vfs, count, bytes in
            guard let disk = FileSystem.disk(vfs), let bytes else { return 0 }
            disk.state.withLock { state in
                for index in 0..<Int(count) {
                    bytes[index] = CChar(truncatingIfNeeded: state.random.next())
                }
            }
            return count
        }
        // Nobody else can be waited for in a world where one thing happens at a time.
        table.xSleep = { _, microseconds in microseconds }
        table.xCurrentTime = { _, days in
            days?.pointee = 2_460_676.5
            return SQLITE_OK
        }
        table.xGetLastError = { _, _, _ in 0 }
        table.xCurrentTimeInt64 = { _, milliseconds in
            milliseconds?.pointee = 212_602_449_600_000
            return SQLITE_OK
        }
        vfs.initialize(to: table)
    }

    deinit {
        vfs.deallocate()
        free(name)
    }

    func register(_ disk: SimulatedDisk) {
        vfs.pointee.pAppData = Unmanaged.passUnretained(disk).toOpaque()
        sqlite3_vfs_register(vfs, 0)
    }

    func unregister() { sqlite3_vfs_unregister(vfs) }

    private static func disk(_ vfs: UnsafeMutablePointer<sqlite3_vfs>?) -> SimulatedDisk? {
        guard let context = vfs?.pointee.pAppData else { return nil }
        return Unmanaged<SimulatedDisk>.fromOpaque(context).takeUnretainedValue()
    }

    private static let open:
        @convention(c) (
            UnsafeMutablePointer<sqlite3_vfs>?, sqlite3_filename?,
            UnsafeMutablePointer<sqlite3_file>?, Int32, UnsafeMutablePointer<Int32>?
        ) -> Int32 = { vfs, path, file, flags, outFlags in
            guard let disk = disk(vfs), let file else { return SQLITE_CANTOPEN }
            // Without methods SQLite does not close what was not opened.
            file.pointee.pMethods = nil
            let name = path.map { String(cString: $0) }
            var opened: FileHandle?
            let code = disk.perform(.open) { state, fails in
                guard !fails else { return SQLITE_CANTOPEN }
                opened = state.open(name, flags, on: disk)
                return opened == nil ? SQLITE_CANTOPEN : SQLITE_OK
            }
            guard code == SQLITE_OK, let opened else { return code }
            FileSlot.fill(file, with: opened)
            outFlags?.pointee =
                opened.isReadOnly
                ? flags & ~SQLITE_OPEN_READWRITE & ~SQLITE_OPEN_CREATE | SQLITE_OPEN_READONLY
                : flags
            return SQLITE_OK
        }

    private static let delete:
        @convention(c) (
            UnsafeMutablePointer<sqlite3_vfs>?, UnsafePointer<CChar>?, Int32
        ) -> Int32 = { vfs, path, isSynced in
            guard let disk = disk(vfs), let path else { return InputOutputError.delete }
            let name = String(cString: path)
            return disk.perform(.delete) { state, fails in
                guard !fails, !state.isReadOnly else { return InputOutputError.delete }
                guard state.files[name] != nil else { return InputOutputError.nothingThere }
                state.delete(name, isSynced: isSynced != 0)
                return SQLITE_OK
            }
        }

    private static let access:
        @convention(c) (
            UnsafeMutablePointer<sqlite3_vfs>?, UnsafePointer<CChar>?, Int32,
            UnsafeMutablePointer<Int32>?
        ) -> Int32 = { vfs, path, question, answer in
            guard let disk = disk(vfs), let path else { return InputOutputError.access }
            let name = String(cString: path)
            return disk.perform(.access) { state, fails in
                guard !fails else { return InputOutputError.access }
                // As on Unix, an empty file is not there when one asks whether it is.
                let bytes = state.files[name]?.bytes.count
                let isThere =
                    question == SQLITE_ACCESS_EXISTS ? (bytes ?? 0) > 0 : bytes != nil
                let isWritable = question != SQLITE_ACCESS_READWRITE || !state.isReadOnly
                answer?.pointee = isThere && isWritable ? 1 : 0
                return SQLITE_OK
            }
        }
}

extension DiskState {
    /// A handle on the file of that name; without one, on a file that nobody else sees.
    fileprivate mutating func open(
        _ name: String?, _ flags: Int32, on disk: SimulatedDisk
    ) -> FileHandle? {
        let known = name.flatMap { files[$0] }
        guard known != nil || flags & SQLITE_OPEN_CREATE != 0 && !isReadOnly else { return nil }
        let isExclusive = flags & SQLITE_OPEN_EXCLUSIVE != 0
        guard known == nil || !isExclusive else { return nil }
        let file = known ?? name.map { create($0) } ?? DiskFile()
        return FileHandle(
            file, named: name, on: disk, generation: generation, flags,
            isReadOnly: isReadOnly || flags & SQLITE_OPEN_READONLY != 0)
    }
}
