internal import CLinux
internal import Glibc
internal import Synchronization

extension Shutdown {
    /// Turns SIGTERM, SIGINT and SIGQUIT into the wish to stop; a second one ends the process at
    /// once. SIGHUP, SIGUSR1 and SIGUSR2 are told to `onOther` and do nothing else: they come from
    /// a terminal that closes, or from who wants a reload, and would end the process without a
    /// drain. Whoever reads the log may go away without taking the process with it (SIGPIPE), and
    /// a background job may write to a terminal that asks it not to (SIGTTOU).
    ///
    /// Whichever thread the kernel picks runs the handler, so no thread needs its signals blocked;
    /// those that the Swift runtime made before this call could not be. Once a process.
    public func listenToSignals(onOther: @escaping @Sendable (String) -> Void) throws {
        var ends: [Int32] = [-1, -1]
        guard pipe2(&ends, O_CLOEXEC) == 0 else {
            throw SignalsUnheard(reason: String(cString: strerror(errno)))
        }
        // A handler never waits: of signals that nobody gets to see, a few are enough.
        _ = fcntl(ends[1], F_SETFL, O_NONBLOCK)
        let (relay, numbers) = (ends[0], ends[1])
        SignalRelay.descriptor.store(numbers, ordering: .relaxed)
        for number in [SIGPIPE, SIGTTOU] { signal(number, SIG_IGN) }
        for number in SignalRelay.names.map(\.number) {
            signal(number) { number in
                // All that a handler may do: one atomic load and one write; errno is the thread's.
                let before = errno
                var byte = UInt8(truncatingIfNeeded: number)
                _ = write(SignalRelay.descriptor.load(ordering: .relaxed), &byte, 1)
                errno = before
            }
        }
        try WorkerThread.start("signals") { [self] in
            var isStopping = false
            while let number = SignalRelay.next(from: relay) {
                guard SignalRelay.stops.contains(number) else {
                    onOther(SignalRelay.names.first { $0.number == number }?.name ?? "\(number)")
                    continue
                }
                if isStopping { _exit(EXIT_FAILURE) }
                isStopping = true
                trigger()
            }
        }
    }
}

/// The process cannot be told to stop.
struct SignalsUnheard: Error, CustomStringConvertible {
    let reason: String

    var description: String { "no pipe for signals: \(reason)" }
}

/// From the handler of a signal to the thread that waits for one.
private enum SignalRelay {
    static let descriptor = Atomic<Int32>(-1)

    static let stops: Set<Int32> = [SIGTERM, SIGINT, SIGQUIT]

    static let names: [(number: Int32, name: String)] = [
        (SIGTERM, "SIGTERM"), (SIGINT, "SIGINT"), (SIGQUIT, "SIGQUIT"), (SIGHUP, "SIGHUP"),
        (SIGUSR1, "SIGUSR1"), (SIGUSR2, "SIGUSR2"),
    ]

    /// Nil when nothing can come any more.
    static func next(from relay: Int32) -> Int32? {
        var byte: UInt8 = 0
        while true {
            let count = read(relay, &byte, 1)
            if count == 1 { return Int32(byte) }
            if count == 0 || errno != EINTR { return nil }
        }
    }
}
