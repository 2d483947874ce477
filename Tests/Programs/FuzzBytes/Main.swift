import Fuzz

/// The bytes themselves. Each run reads the counters of all that is linked, so little is.
@main
struct Main {
    static func main() { Fuzzer.run(["frames": FramesTarget.self, "cbor": CBORTarget.self]) }
}
