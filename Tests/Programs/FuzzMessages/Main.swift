import Fuzz

/// What is made of bytes and of hand-typed text.
@main
struct Main {
    static func main() {
        Fuzzer.run(["messages": MessagesTarget.self, "json": JSONTarget.self])
    }
}
