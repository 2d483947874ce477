import CSQLite
import Synchronization

/// The memory that SQLite keeps for an open file: its own table of C functions, then our handle.
struct FileSlot {
    let methods: UnsafePointer<sqlite3_io_methods>?
    let handle: UnsafeMutableRawPointer?

    /// The slot keeps the handle until it is emptied.
    static func fill(_ file: UnsafeMutablePointer<sqlite3_file>, with handle: FileHandle) {
        UnsafeMutableRawPointer(file).initializeMemory(
            as: FileSlot.self,
            to: FileSlot(methods: table, handle: Unmanaged.passRetained(handle).toOpaque()))
    }

    private static func kept(_ file: UnsafeMutablePointer<sqlite3_file>?) -> Unmanaged<FileHandle>?
    {
        guard let file else { return nil }
        let slot = UnsafeMutableRawPointer(file).assumingMemoryBound(to: FileSlot.self)
        return slot.pointee.handle.map { Unmanaged<FileHandle>.fromOpaque($0) }
    }

    private static func handle(_ file: UnsafeMutablePointer<sqlite3_file>?) -> FileHandle? {
        FileSlot.kept(file)?.takeUnretainedValue()
    }

    /// Never written after it was made, and never freed.
    nonisolated(unsafe) private static let table: UnsafePointer<sqlite3_io_methods> = {
        var table = sqlite3_io_methods()
        table.iVersion = 2
        table.xClose = { file in
            FileSlot.handle(file)?.close()
            FileSlot.kept(file)?.release()
            return SQLITE_OK
        }
        addBytes(to: &table)
        addLocks(to: &table)
        // What the file system of Unix says of itself: a write damages nothing beside it.
        table.xSectorSize = { _ in 4096 }
        table.xDeviceCharacteristics = { _ in SQLITE_IOCAP_POWERSAFE_OVERWRITE }
        table.xFileControl = { _, _, _ in SQLITE_NOTFOUND }
        let place = UnsafeMutablePointer<sqlite3_io_methods>.allocate(capacity: 1)
        place.initialize(to: table)
        return UnsafePointer(place)
    }()

    private static func addBytes(to table: inout sqlite3_io_methods) {
        table.xRead = { file, target, count, offset in
            let bytes = UnsafeMutableRawBufferPointer(start: target, count: Int(count))
            return FileSlot.handle(file)?.read(bytes, at: Int(offset)) ?? InputOutputError.read
        }
        table.xWrite = { file, source, count, offset in
            let bytes = UnsafeRawBufferPointer(start: source, count: Int(count))
            return FileSlot.handle(file)?.write(bytes, at: Int(offset)) ?? InputOutputError.write
        }
        table.xTruncate = { file, size in
            FileSlot.handle(file)?.truncate(to: Int(size)) ?? InputOutputError.truncate
        }
        table.xSync = { file, _ in FileSlot.handle(file)?.sync() ?? InputOutputError.sync }
        table.xFileSize = { file, size in FileSlot.handle(file)?.size(size) ?? InputOutputError.size
        }
    }

    private static func addLocks(to table: inout sqlite3_io_methods) {
        table.xLock = { file, level in FileSlot.handle(file)?.lock(level) ?? InputOutputError.lock }
        table.xUnlock = { file, level in
            FileSlot.handle(file)?.unlock(level) ?? InputOutputError.lock
        }
        table.xCheckReservedLock = { file, answer in
            FileSlot.handle(file)?.isReserved(answer) ?? InputOutputError.lock
        }
        table.xShmMap = { file, index, bytes, extends, answer in
            FileSlot.handle(file)?.map(Int(index), bytes: Int(bytes), extends: extends != 0, answer)
                ?? InputOutputError.sharedMap
        }
        table.xShmLock = { file, first, count, flags in
            FileSlot.handle(file)?.lockShared(Int(first)..<Int(first + count), flags)
                ?? InputOutputError.sharedLock
        }
        // Taking and giving back a lock orders memory.
        table.xShmBarrier = { file in FileSlot.handle(file)?.disk.state.withLock { _ in } }
        table.xShmUnmap = { file, _ in
            FileSlot.handle(file)?.unmap()
            return SQLITE_OK
        }
    }
}
