internal import CLinux
internal import Glibc
import Synchronization

/// A lock file that one process holds while it lives, with its process id inside for people. The
/// kernel drops the lock when the process dies, however it dies.
final class FileLock: Sendable {
    private let descriptor: Mutex<Int32>

    init(path: String) throws {
        let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else {
            throw StorageError(.cannotOpen, "\(path): \(String(cString: strerror(errno)))")
        }
        guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
            let holder = Self.read(file)
            close(file)
            throw StorageError(
                .inUse, "\(path): process \(holder) has this database open; stop it first")
        }
        let identity = Array("\(getpid())\n".utf8)
        ftruncate(file, 0)
        pwrite(file, identity, identity.count, 0)
        descriptor = Mutex(file)
    }

    deinit { release() }

    func release() {
        descriptor.withLock {
            guard $0 >= 0 else { return }
            // Closing alone would leave the lock to a child that was just forked off.
            flock($0, LOCK_UN)
            close($0)
            $0 = -1
        }
    }

    private static func read(_ file: Int32) -> String {
        var bytes = [UInt8](repeating: 0, count: 20)
        let count = pread(file, &bytes, bytes.count, 0)
        let digits = bytes.prefix(max(0, count)).prefix { (48...57).contains($0) }
        return digits.isEmpty ? "unknown" : String(decoding: digits, as: UTF8.self)
    }
}
