internal import CLinux
internal import Glibc

/// A thread of its own: for the event loop, and for calls that block, of the database, of a
/// terminal, of a signal. All threads are started here, so that none fails to start without a word.
public enum WorkerThread {
    /// Starts a thread that runs `body` once; throws `NoThread` under a limit of threads.
    ///
    /// - Parameter stackBytes: nil for the system's own size.
    public static func start(
        _ name: String, stackBytes: Int? = nil, _ body: @escaping @Sendable () -> Void
    ) throws {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        if let stackBytes { pthread_attr_setstacksize(&attributes, stackBytes) }
        let box = Unmanaged.passRetained(Body(name, body))
        var thread = pthread_t()
        let code = pthread_create(
            &thread, &attributes,
            { context in
                guard let context else { return nil }
                let body = Unmanaged<Body>.fromOpaque(context).takeRetainedValue()
                pthread_setname_np(pthread_self(), body.name)
                body.run()
                return nil
            }, box.toOpaque())
        guard code == 0 else {
            box.release()
            throw NoThread(name: name, reason: String(cString: strerror(code)))
        }
        pthread_detach(thread)
    }

    private final class Body: Sendable {
        /// At most 15 bytes, for the kernel.
        let name: String
        let run: @Sendable () -> Void

        init(_ name: String, _ run: @escaping @Sendable () -> Void) {
            self.name = name
            self.run = run
        }
    }
}

/// The kernel gives no more threads.
public struct NoThread: Error, CustomStringConvertible {
    let name: String
    let reason: String

    public var description: String {
        "no thread for \(name): \(reason); raise the limit of threads (ulimit -u, or pids of the "
            + "container) or the memory"
    }
}
