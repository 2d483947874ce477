import CSQLite

/// The index of a write-ahead log, which the connections of one process share: pieces of memory and
/// eight locks. It lives as long as somebody has it mapped, a connection of a dead process too.
///
/// Sendable although it is not by itself: all but what SQLite itself reads and writes in the pieces
/// is touched only under the lock of its disk.
final class SharedMemory: @unchecked Sendable {
    private var pieces: [UnsafeMutableRawPointer] = []
    private var sharers: [[ObjectIdentifier]] = Array(repeating: [], count: 8)
    private var owners: [ObjectIdentifier?] = Array(repeating: nil, count: 8)

    deinit { for piece in pieces { piece.deallocate() } }

    /// Nil when there is no such piece and none is to be made.
    func piece(_ index: Int, bytes: Int, extends: Bool) -> UnsafeMutableRawPointer? {
        while pieces.count <= index {
            guard extends else { return nil }
            let piece = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 4096)
            piece.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
            pieces.append(piece)
        }
        return pieces[index]
    }

    func lock(_ slots: Range<Int>, _ flags: Int32, by user: ObjectIdentifier) -> Int32 {
        let isShared = flags & SQLITE_SHM_SHARED != 0
        if flags & SQLITE_SHM_UNLOCK != 0 {
            unlock(slots, by: user)
            return SQLITE_OK
        }
        let isTaken = slots.contains { slot in
            let hasOtherOwner = owners[slot].map { $0 != user } ?? false
            return hasOtherOwner || !isShared && sharers[slot].contains { $0 != user }
        }
        guard !isTaken else { return SQLITE_BUSY }
        for slot in slots {
            if !isShared {
                owners[slot] = user
            } else if !sharers[slot].contains(user) {
                sharers[slot].append(user)
            }
        }
        return SQLITE_OK
    }

    func leave(_ user: ObjectIdentifier) { unlock(0..<owners.count, by: user) }

    private func unlock(_ slots: Range<Int>, by user: ObjectIdentifier) {
        for slot in slots {
            if owners[slot] == user { owners[slot] = nil }
            sharers[slot].removeAll { $0 == user }
        }
    }
}
