internal import Glibc

/// How many files and sockets the process may have open: a shell gives 1,024, and a server takes
/// more connections than that.
enum OpenFiles {
    /// What every connection, the databases and the rest need.
    static let wanted: UInt = 8_192

    /// Raises the limit as far as the system lets; gives what it is then.
    static func raiseLimit() -> Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 0 }
        if limit.rlim_cur < wanted {
            limit.rlim_cur = min(wanted, limit.rlim_max)
            setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        }
        return Int(clamping: limit.rlim_cur)
    }
}
