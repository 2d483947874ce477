internal import CLinux
internal import Glibc
internal import Synchronization

extension Shutdown {
    /// Turns SIGTERM and SIGINT into the wish to stop; a second one ends the process at once. Once
    /// a process.
    ///
    /// Whichever thread the kernel picks runs the handler, so no thread needs its signals blocked;
    /// those that the Swift runtime made before this call could not be.
    public func listenToSignals() {
        SignalRelay.descriptor.store(
            eventfd(0, Int32(EFD_CLOEXEC | EFD_SEMAPHORE)), ordering: .relaxed)
        signal(SIGPIPE, SIG_IGN)
        for number in [SIGTERM, SIGINT] {
            signal(number) { _ in
                // All that a handler may do: one atomic load and one write.
                var one: UInt64 = 1
                _ = write(SignalRelay.descriptor.load(ordering: .relaxed), &one, 8)
            }
        }
        var thread = pthread_t()
        pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                let shutdown = Unmanaged<Shutdown>.fromOpaque(argument).takeRetainedValue()
                SignalRelay.waitForOne()
                shutdown.trigger()
                SignalRelay.waitForOne()
                _exit(EXIT_FAILURE)
            }, Unmanaged.passRetained(self).toOpaque())
        pthread_detach(thread)
    }
}

/// From the handler of a signal to the thread that waits for one.
private enum SignalRelay {
    /// Counts signals that nobody has seen yet.
    static let descriptor = Atomic<Int32>(-1)

    static func waitForOne() {
        var count: UInt64 = 0
        while read(descriptor.load(ordering: .relaxed), &count, 8) < 0, errno == EINTR {}
    }
}
