import Glibc

/// Hands a target to libFuzzer, which calls it with one input after another until its flags on the
/// command line say that it is enough.
public enum Fuzzer {
    /// Which target this process fuzzes stands in the environment, because libFuzzer starts
    /// processes of its own with the same command line.
    private static let variable = "TURNSTILE_FUZZ_TARGET"

    public static func run(_ targets: [String: any FuzzTarget.Type]) -> Never {
        guard let name = getenv(variable).map({ String(cString: $0) }), let type = targets[name]
        else {
            let known = targets.keys.sorted().joined(separator: ", ")
            refuse("\(variable) names no target; there are: \(known)")
        }
        do { running = try type.init() } catch { refuse("\(name) could not begin: \(error)") }
        var count = CommandLine.argc
        var arguments = CommandLine.unsafeArgv
        exit(runDriver(&count, &arguments, runOne))
    }

    private static func refuse(_ why: String) -> Never {
        let line = Array("\(why)\n".utf8)
        write(STDERR_FILENO, line, line.count)
        exit(2)
    }
}

/// One thread of libFuzzer's calls the target.
nonisolated(unsafe) private var running: (any FuzzTarget)?

/// The input is copied, so that AddressSanitizer sees each byte that is read before or after it.
private let runOne: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt = { bytes, count in
    running?.run(Array(UnsafeBufferPointer(start: bytes, count: count)))
    return 0
}

@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<
        UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    >,
    _ callback: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt
