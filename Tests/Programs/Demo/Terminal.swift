import Glibc

/// Where the demo speaks to people: at once, past every buffer.
enum Terminal {
    static let isInteractive = isatty(STDOUT_FILENO) == 1

    static func say(_ text: String) { write(text + "\n", to: STDOUT_FILENO) }

    static func complain(_ text: String) { write("demo: \(text)\n", to: STDERR_FILENO) }

    /// Puts a line in the place of the last one; cut so that it stays one line.
    static func replaceLine(_ text: String) {
        var size = winsize()
        let isKnown = ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 10
        write("\r\u{1b}[K" + text.prefix(isKnown ? Int(size.ws_col) - 1 : 79), to: STDOUT_FILENO)
    }

    private static func write(_ text: String, to descriptor: Int32) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            // Nobody listens any more; the exit status still tells.
            guard count > 0 || errno == EINTR else { return }
            bytes = bytes.dropFirst(max(0, count))
        }
    }
}
