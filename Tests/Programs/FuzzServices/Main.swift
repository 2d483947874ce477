import Fuzz

/// What reaches the three services and their stores.
@main
struct Main {
    static func main() {
        Fuzzer.run(["commands": CommandsTarget.self, "webhooks": WebhooksTarget.self])
    }
}
