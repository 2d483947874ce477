import Fuzz

/// The two ends of a connection.
@main
struct Main {
    static func main() {
        Fuzzer.run(["server": ServerTarget.self, "client": ClientTarget.self])
    }
}
