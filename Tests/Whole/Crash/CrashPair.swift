import Processes
import Support

/// A service that dies at one place of a script and, once it is back, at another one.
struct CrashPair: Sendable, CustomStringConvertible {
    let script: CrashScript
    let first: CrashPoint
    let second: CrashPoint
    /// How often the service dies: once when it never comes by the second place any more.
    let deaths: ClosedRange<Int>

    /// Every ordered pair of two places of the same service.
    static func all(of script: CrashScript) -> [CrashPair] {
        let points = CrashTable.points(of: script)
        return points.enumerated().flatMap { index, first in
            let ahead = points[index...].filter { $0.service == first.service }
            return points.filter { $0.service == first.service && $0 != first }.map { second in
                CrashPair(
                    script: script, first: first, second: second,
                    deaths: deaths(script, first, second, ahead))
            }
        }
    }

    /// Who comes back goes on with the operations that were not over, each from its beginning, and
    /// comes by all of their places. What was over is over, but for what may be repeated.
    ///
    /// - Parameter ahead: the places of the service from the first death on.
    private static func deaths(
        _ script: CrashScript, _ first: CrashPoint, _ second: CrashPoint, _ ahead: [CrashPoint]
    ) -> ClosedRange<Int> {
        if ahead.contains(where: { $0.operation == second.operation }) { return 2...2 }
        let isRepeatable = script.repeatable.contains {
            $0.contains(first.operation) && $0.contains(second.operation)
        }
        return isRepeatable ? 1...2 : 1...1
    }

    var description: String { "\(script): \(first), then \(second)" }
}

extension CrashScript {
    /// Operations that whoever dies in a later one of the same list may make again, or not, as time
    /// goes: one commit holds the answers of all unless one of them is slow, or they are polls.
    var repeatable: [[String]] {
        switch self {
        case .short, .large: [["saga.reserve.DO", "saga.pay.DO", "saga.consume.DO"]]
        case .long:
            [
                ["saga.extend.DO", "saga.start.DO", "saga.fence.DO"],
                ["saga.pay.DO", "saga.consume.DO"],
            ]
        case .waiting:
            // The buyer is told to wait just when the first poll goes out.
            [
                ["call.orders.StartPayment", "saga.poll.DO"],
                ["provider.FETCH", "call.payments.RefreshPayment"],
            ]
        default: []
        }
    }
}
