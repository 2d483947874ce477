internal import Glibc
internal import Lifecycle
internal import Synchronization

/// The log of a process that serves, on its way out: lines are kept in memory and written by a
/// thread of their own, so that nobody who reads them, slowly or not at all, keeps the service from
/// its work. What finds no room is dropped and counted, and so is what a kind of line repeats too
/// often; both counts are told.
final class LogWriter: LogOutlet {
    static let limitBytes = 1 << 20
    static let linesOfAKindASecond = 20
    private static let flushMs: UInt64 = 200

    private struct State {
        /// Whole lines, in order.
        var waiting: [UInt8] = []
        var beingWritten = 0
        var dropped: Int64 = 0
        var kinds: [String: Kind] = [:]
        var suppressed = 0
    }

    /// The lines of one event in one second.
    private struct Kind {
        var second: UInt64
        var lines = 0
        var suppressed: Int64 = 0
    }

    private struct NoBell: Error, CustomStringConvertible {
        let reason: String

        var description: String { "no pipe for the log: \(reason)" }
    }

    private let service: String
    private let descriptor: Int32
    private let bell: (ring: Int32, hear: Int32)
    private let state = Mutex(State())

    /// Begins to write to `descriptor`, until the process ends.
    init(service: String, descriptor: Int32 = 2) throws {
        self.service = service
        self.descriptor = descriptor
        // A reader who goes away is an error of the write, not the end of the process.
        signal(SIGPIPE, SIG_IGN)
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw NoBell(reason: String(cString: strerror(errno))) }
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        bell = (ring: ends[1], hear: ends[0])
        try WorkerThread.start("log") { [self] in
            while true { pass() }
        }
    }

    // MARK: Lines

    func admits(_ event: StaticString) -> Bool {
        let (isAdmitted, isFirst) = state.withLock { state in
            var kind = state.kinds["\(event)"] ?? Kind(second: Self.second)
            defer { state.kinds["\(event)"] = kind }
            if kind.second != Self.second, kind.suppressed == 0 { kind = Kind(second: Self.second) }
            guard kind.lines >= Self.linesOfAKindASecond else {
                kind.lines += 1
                return (true, false)
            }
            kind.suppressed += 1
            defer { state.suppressed += 1 }
            return (false, state.suppressed == 0)
        }
        // Who sleeps without end has to come back in a second, to tell of it.
        if isFirst { ring() }
        return isAdmitted
    }

    func write(_ line: String) {
        let isFirst = state.withLock { state in
            guard state.waiting.count + state.beingWritten + line.utf8.count < Self.limitBytes
            else {
                state.dropped += 1
                return false
            }
            defer {
                state.waiting.append(contentsOf: line.utf8)
                state.waiting.append(UInt8(ascii: "\n"))
            }
            return state.waiting.isEmpty
        }
        if isFirst { ring() }
    }

    func flush() {
        let end = SystemClock.uptimeNanoseconds + Self.flushMs * 1_000_000
        var pause = timespec(tv_sec: 0, tv_nsec: 1_000_000)
        while isUnwritten, SystemClock.uptimeNanoseconds < end { nanosleep(&pause, nil) }
    }

    private var isUnwritten: Bool {
        state.withLock { !$0.waiting.isEmpty || $0.beingWritten > 0 || $0.dropped > 0 }
    }

    // MARK: The thread

    /// Writes what waits; sleeps when nothing does.
    private func pass() {
        let (bytes, dropped, hasSuppressed) = state.withLock { state in
            let bytes = state.waiting
            state.waiting = []
            state.beingWritten = bytes.count
            return (bytes, state.dropped, state.suppressed > 0)
        }
        if bytes.isEmpty, dropped == 0 {
            if hasSuppressed { tellSuppressed() }
            return sleep(atMostMs: hasSuppressed ? 1_000 : -1)
        }
        put(bytes)
        // Only now is it known that somebody reads again.
        if dropped > 0 { put(line("log.dropped", ["lines": dropped])) }
        state.withLock { state in
            state.beingWritten = 0
            state.dropped -= dropped
        }
        if hasSuppressed { tellSuppressed() }
    }

    /// Of seconds that are over.
    private func tellSuppressed() {
        let told = state.withLock { state in
            let told = state.kinds.filter {
                $0.value.suppressed > 0 && $0.value.second != Self.second
            }
            .map { (event: $0.key, lines: $0.value.suppressed) }.sorted { $0.event < $1.event }
            for kind in told { state.kinds[kind.event] = nil }
            state.suppressed = state.kinds.values.reduce(0) { $0 + Int($1.suppressed) }
            return told
        }
        for kind in told {
            put(line("log.suppressed", ["suppressed": kind.event, "lines": kind.lines]))
        }
    }

    private func line(_ event: StaticString, _ fields: Log.Fields) -> [UInt8] {
        let line = Log.line(.warning, service, event, at: SystemClock().now(), fields)
        return Array((line + "\n").utf8)
    }

    /// Waits as long as it takes; what nobody can read any more is let go.
    private func put(_ bytes: [UInt8]) {
        var left = bytes[...]
        while !left.isEmpty {
            let count = left.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                left = left.dropFirst(count)
            } else if errno == EAGAIN {
                var wanted = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = poll(&wanted, 1, -1)
            } else if errno != EINTR {
                return
            }
        }
    }

    private func ring() {
        var one: UInt8 = 1
        _ = Glibc.write(bell.ring, &one, 1)
    }

    private func sleep(atMostMs limit: Int32) {
        var rung = pollfd(fd: bell.hear, events: Int16(POLLIN), revents: 0)
        guard poll(&rung, 1, limit) > 0 else { return }
        var rings = [UInt8](repeating: 0, count: 64)
        _ = read(bell.hear, &rings, rings.count)
    }

    private static var second: UInt64 { SystemClock.uptimeNanoseconds / 1_000_000_000 }
}
