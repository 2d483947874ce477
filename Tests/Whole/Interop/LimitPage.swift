import RPC

/// The table of bounds on the README's page of the protocol.
enum LimitPage {
    static let text =
        "| bound | | |\n|---|--:|---|\n"
        + RPCLimits().published.map { "| `\($0.name)` | \(grouped($0.value)) | \($0.note) |\n" }
        .joined()

    /// 1,048,576
    private static func grouped(_ number: Int64) -> String {
        let digits = Array(String(number))
        return digits.indices.map { index in
            let isStart = index > 0 && (digits.count - index) % 3 == 0
            return (isStart ? "," : "") + String(digits[index])
        }.joined()
    }
}
