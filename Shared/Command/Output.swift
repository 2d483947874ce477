internal import Glibc
internal import Synchronization

/// Text for people and programs.
enum Output {
    /// Set in a process that serves, which waits for nobody who reads its errors.
    private static let writer = Mutex<LogWriter?>(nil)

    static func print(_ text: String) { write(text, to: 1) }

    static func error(_ text: String) {
        if let writer = writer.withLock({ $0 }) { writer.write(text) } else { write(text, to: 2) }
    }

    /// From now on errors go where the log goes.
    static func writeErrors(through log: LogWriter) { writer.withLock { $0 = log } }

    /// Waits a moment for what goes through the log; the process ends then.
    static func flush() { writer.withLock { $0 }?.flush() }

    /// Whole lines, in one write each as far as the kernel takes them.
    private static func write(_ text: String, to descriptor: Int32) {
        var bytes = Array((text + "\n").utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 { bytes = bytes.dropFirst(count) } else if errno != EINTR { return }
        }
    }
}
