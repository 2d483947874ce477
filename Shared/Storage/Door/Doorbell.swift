internal import CLinux
internal import Glibc

/// Wakes one sleeping thread; rings before the sleep count.
final class Doorbell: Sendable {
    private let descriptor: Int32

    init() throws {
        descriptor = eventfd(0, Int32(EFD_CLOEXEC))
        guard descriptor >= 0 else {
            throw StorageError(.cannotOpen, "eventfd: \(String(cString: strerror(errno)))")
        }
    }

    deinit { close(descriptor) }

    func ring() {
        var one: UInt64 = 1
        write(descriptor, &one, 8)
    }

    func wait() {
        var count: UInt64 = 0
        while read(descriptor, &count, 8) < 0, errno == EINTR {}
    }
}
