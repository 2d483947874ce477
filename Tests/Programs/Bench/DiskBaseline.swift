import Glibc
import Processes

/// What the disk alone can do: 8 KiB written over a file that exists, and waited for.
enum DiskBaseline {
    /// The duration of each wait, in nanoseconds, over so many milliseconds.
    static func syncs(in folder: String, milliseconds: UInt64) throws -> [UInt64] {
        let path = "\(folder)/sync-baseline"
        let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw BenchError("\(path): \(String(cString: strerror(errno)))") }
        defer {
            close(file)
            unlink(path)
        }
        let blocks = 512
        let block = [UInt8](repeating: 7, count: 8192)
        for index in 0..<blocks { pwrite(file, block, block.count, off_t(index * block.count)) }
        fsync(file)
        var durations: [UInt64] = []
        let end = nanoseconds() + milliseconds * 1_000_000
        while nanoseconds() < end {
            let start = nanoseconds()
            pwrite(file, block, block.count, off_t((durations.count % blocks) * block.count))
            fdatasync(file)
            durations.append(nanoseconds() - start)
        }
        return durations
    }
}
