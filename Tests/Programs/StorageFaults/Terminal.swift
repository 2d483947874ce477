import Glibc

/// Progress and complaints, for people.
enum Terminal {
    static func say(_ line: String) {
        let bytes = Array("\(line)\n".utf8)
        _ = write(STDERR_FILENO, bytes, bytes.count)
    }
}

/// Seconds of the real world, of which no history knows.
struct Stopwatch {
    private let start = ContinuousClock.now

    var seconds: Double {
        let (whole, rest) = (ContinuousClock.now - start).components
        return Double(whole) + Double(rest) / 1e18
    }
}
