internal import Glibc

/// An SQLite database in a file that this process alone owns, in memory, or in another file system.
final class SQLiteEngine: Engine {
    let dialect = Dialect.sqlite
    private let path: String
    private let fileSystem: String?
    private let lock: FileLock?

    /// Takes the file; throws `inUse` naming the process that has it, or `cannotOpen` with the
    /// path and the cause.
    init(file path: String) throws {
        self.path = path
        fileSystem = nil
        try Self.checkDirectory(of: path)
        lock = try FileLock(path: path + "-lock")
        Self.closeToOthers(path)
    }

    init(unlocked path: String, fileSystem: String? = nil) {
        self.path = path
        self.fileSystem = fileSystem
        lock = nil
    }

    func connect(_ purpose: ConnectionPurpose) throws -> any Connection {
        do {
            if purpose == .writing { readAhead() }
            let connection = try SQLiteConnection(
                path: path, in: fileSystem, purpose, dialect)
            if purpose == .writing {
                do { try connection.check() } catch {
                    connection.close()
                    throw error
                }
            }
            return connection
        } catch let error as StorageError where error.code != .inUse {
            let code: StorageError.Code = error.code == .corrupt ? .corrupt : .cannotOpen
            throw StorageError(code, "\(path): \(error.message)")
        }
    }

    func release() { lock?.release() }

    /// Reads the file from front to back. The check reads all of it too, but page by page where its
    /// trees lead: after a start of the machine that takes four times as long as both together.
    private func readAhead() {
        guard lock != nil else { return }
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return }
        defer { close(file) }
        var status = stat()
        // More than half of the memory would push itself out again before the check comes.
        let memory = sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))
        guard fstat(file, &status) == 0, Int(status.st_size) < memory / 2 else { return }
        let size = 1 << 20
        let buffer = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 4096)
        defer { buffer.deallocate() }
        while read(file, buffer, size) > 0 {}
    }

    /// A store from before, which was made for everybody to read, is its owner's alone from here
    /// on; SQLite makes its log in the image of the file.
    private static func closeToOthers(_ path: String) {
        for suffix in ["", "-wal", "-shm"] {
            var status = stat()
            guard stat(path + suffix, &status) == 0, status.st_mode & 0o077 != 0 else { continue }
            // Whoever owns it has decided otherwise when we may not.
            _ = chmod(path + suffix, status.st_mode & 0o700)
        }
    }

    private static func checkDirectory(of path: String) throws {
        let directory =
            path.contains("/")
            ? String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]) : "."
        let place = directory.isEmpty ? "/" : directory
        var status = stat()
        guard stat(place, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            throw StorageError(.cannotOpen, "\(path): there is no directory \(place)")
        }
        guard access(place, W_OK | X_OK) == 0 else {
            throw StorageError(.cannotOpen, "\(path): the directory \(place) is not writable")
        }
        guard access(path, F_OK) != 0 || access(path, R_OK | W_OK) == 0 else {
            throw StorageError(.cannotOpen, "\(path): the file is not readable and writable")
        }
    }
}
