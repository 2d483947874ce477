import Glibc

/// Results go to the output, all else to the errors.
enum Terminal {
    static func say(_ text: String) { write(text, to: STDOUT_FILENO) }
    static func note(_ text: String) { write(text, to: STDERR_FILENO) }

    private static func write(_ text: String, to descriptor: Int32) {
        let line = Array((text + "\n").utf8)
        _ = line.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
    }
}
