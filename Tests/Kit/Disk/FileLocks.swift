import CSQLite

/// SQLite's five-step lock on a database file, between the connections of one process.
struct FileLocks {
    private var levels: [ObjectIdentifier: Int32] = [:]

    mutating func raise(_ user: ObjectIdentifier, to level: Int32) -> Int32 {
        let own = levels[user] ?? SQLITE_LOCK_NONE
        guard own < level else { return SQLITE_OK }
        let others = levels.lazy.filter { $0.key != user }.map(\.value).max() ?? SQLITE_LOCK_NONE
        switch level {
        case SQLITE_LOCK_SHARED where others >= SQLITE_LOCK_PENDING: return SQLITE_BUSY
        case SQLITE_LOCK_RESERVED where others >= SQLITE_LOCK_RESERVED: return SQLITE_BUSY
        case SQLITE_LOCK_EXCLUSIVE where others >= SQLITE_LOCK_RESERVED: return SQLITE_BUSY
        case SQLITE_LOCK_EXCLUSIVE where others >= SQLITE_LOCK_SHARED:
            // No new reader comes in while this one waits for those that are there.
            levels[user] = SQLITE_LOCK_PENDING
            return SQLITE_BUSY
        default:
            levels[user] = level
            return SQLITE_OK
        }
    }

    mutating func lower(_ user: ObjectIdentifier, to level: Int32) {
        levels[user] = level == SQLITE_LOCK_NONE ? nil : min(level, levels[user] ?? level)
    }

    var isReserved: Bool { levels.values.contains { $0 >= SQLITE_LOCK_RESERVED } }
}
