import Fuzz

/// The bytes themselves, and the two ends of a connection.
@main
struct Main {
    static func main() {
        Fuzzer.run([
            "frames": FramesTarget.self, "cbor": CBORTarget.self, "server": ServerTarget.self,
            "client": ClientTarget.self,
        ])
    }
}
