internal import CSQLite

/// The write-ahead log as the process before has left it (sqlite.org/walformat.html): a header,
/// then frames of one page each, which carry the salts of the header; the last frame of a commit
/// says so.
struct LogFile {
    private static let headerBytes: Int64 = 32
    private static let frameHeaderBytes = 24
    /// SQLite's file system of Unix writes less than 128 KiB at once.
    private static let pieceBytes: Int64 = 64 << 10

    private let log: RawFile
    private let size: Int64
    private let frameBytes: Int64
    /// Frames that SQLite takes for sound: all up to the last commit that is.
    private let soundFrames: Int64

    /// Nil when there is none, or nothing in it. SQLite must have read the database.
    init?(of connection: OpaquePointer, pageBytes: Int64) throws {
        guard let database = RawFile(of: connection, SQLITE_FCNTL_FILE_POINTER),
            let log = RawFile(of: connection, SQLITE_FCNTL_JOURNAL_POINTER),
            let index = try database.logIndex()
        else { return nil }
        self.log = log
        size = try log.size()
        guard size > Self.headerBytes else { return nil }
        frameBytes = Int64(Self.frameHeaderBytes) + pageBytes
        soundFrames = Int64(index.load(fromByteOffset: 16, as: UInt32.self))
    }

    /// Throws `corrupt` when commits that were once synced cannot be read any more.
    ///
    /// A power cut may tear the last commit, which nobody was told of. SQLite takes whatever
    /// breaks the chain for such a torn end, and forgets what comes after it. But each commit is
    /// synced before the next begins, so that two behind the break were sound once.
    func check() throws {
        let header = try log.read(Int(Self.headerBytes), at: 0)
        let frames = (size - Self.headerBytes) / frameBytes
        var salts = header[16..<24]
        if !Self.isSound(header), frames > 0 {
            salts = try frameHeader(1)[8..<16]
        }
        var commits = 0
        for number in stride(from: soundFrames + 1, through: frames, by: 1) {
            let frame = try frameHeader(number)
            guard frame[8..<16].elementsEqual(salts) else { continue }
            if frame[4..<8].contains(where: { $0 != 0 }) { commits += 1 }
        }
        guard commits > 1 else { return }
        throw StorageError(
            .corrupt,
            "the log is damaged after \(soundFrames) of its pages: \(commits) commits behind "
                + "cannot be read; restore a backup, or do without them by opening and closing the "
                + "file once with sqlite3")
    }

    /// Writes every sound byte again as it is, zeros behind them, and syncs.
    ///
    /// When a process before could not sync, the kernel keeps in memory what it failed to write,
    /// but takes it for written: this process sees those commits, a sync alone says that all is
    /// well, and a power cut takes them with all that came after. Written again they are new to
    /// the kernel, and this sync tells the truth. Behind them nothing is left that `check` could
    /// ever take for a commit.
    func secure() throws {
        let end = Self.headerBytes + soundFrames * frameBytes
        var offset: Int64 = 0
        while offset < size {
            let isSound = offset < end
            let count = min(Self.pieceBytes, (isSound ? end : size) - offset)
            let bytes =
                isSound
                ? try log.read(Int(count), at: offset) : [UInt8](repeating: 0, count: Int(count))
            try log.write(bytes, at: offset)
            offset += count
        }
        try log.sync()
    }

    /// Numbered from 1.
    private func frameHeader(_ number: Int64) throws -> [UInt8] {
        try log.read(Self.frameHeaderBytes, at: Self.headerBytes + (number - 1) * frameBytes)
    }

    /// Whether the header has the checksum that it says.
    private static func isSound(_ header: [UInt8]) -> Bool {
        func word(_ place: Int, bigEndian: Bool) -> UInt32 {
            let bytes = header[place * 4..<place * 4 + 4]
            return (bigEndian ? Array(bytes) : bytes.reversed()).reduce(0) { $0 << 8 | UInt32($1) }
        }
        let magic = word(0, bigEndian: true)
        guard magic & ~1 == 0x377f_0682 else { return false }
        var (first, second): (UInt32, UInt32) = (0, 0)
        for place in stride(from: 0, to: 6, by: 2) {
            // The format's own checksum wraps.
            first &+= word(place, bigEndian: magic & 1 == 1) &+ second
            second &+= word(place + 1, bigEndian: magic & 1 == 1) &+ first
        }
        return first == word(6, bigEndian: true) && second == word(7, bigEndian: true)
    }
}
