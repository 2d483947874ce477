internal import Glibc

/// Where the files of a database lie: how much room is left there, and a ballast that is given back
/// when none is.
public protocol Volume: Sendable {
    /// Nil when it cannot be said.
    var freeBytes: Int64? { get }
    func keepBallast(bytes: Int64)
    func dropBallast()
}

/// Keeps a way out of a full disk: 16 MiB of ballast beside the database, given back when the disk
/// is full, so that what returns money or stock can still be written.
///
/// Below 64 MiB free only commands marked essential are let in.
struct DiskSpace {
    static let ballastBytes: Int64 = 16 << 20
    static let reserveBytes: Int64 = 64 << 20
    private static let checkEveryNanoseconds: UInt64 = 1_000_000_000

    private let volume: any Volume
    private var nextCheck: UInt64 = 0
    private(set) var isShort = false

    init(_ volume: any Volume) { self.volume = volume }

    /// Looks at the disk once a second at most.
    mutating func refresh(uptime: UInt64) {
        guard uptime >= nextCheck else { return }
        nextCheck = uptime &+ Self.checkEveryNanoseconds
        guard let free = volume.freeBytes else { return }
        isShort = free < Self.reserveBytes
        if free > Self.reserveBytes + 2 * Self.ballastBytes {
            volume.keepBallast(bytes: Self.ballastBytes)
        }
    }

    /// The disk is full: gives the ballast back.
    mutating func drop() {
        isShort = true
        volume.dropBallast()
    }
}

/// The directory of a database file on a disk of this machine.
struct LocalVolume: Volume {
    private let directory: String
    private let ballastPath: String

    init(databasePath: String) {
        ballastPath = databasePath + "-ballast"
        directory =
            databasePath.contains("/")
            ? String(databasePath[...(databasePath.lastIndex(of: "/") ?? databasePath.startIndex)])
            : "."
    }

    var freeBytes: Int64? {
        var status = statvfs()
        guard statvfs(directory, &status) == 0 else { return nil }
        let (bytes, overflow) = UInt64(status.f_bavail).multipliedReportingOverflow(
            by: UInt64(status.f_frsize))
        return overflow ? .max : Int64(clamping: bytes)
    }

    func keepBallast(bytes: Int64) {
        var status = stat()
        if stat(ballastPath, &status) == 0, status.st_size >= bytes { return }
        let file = open(ballastPath, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else { return }
        posix_fallocate(file, 0, off_t(bytes))
        close(file)
    }

    func dropBallast() { unlink(ballastPath) }
}
