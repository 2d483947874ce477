internal import Glibc
internal import Synchronization

/// A place between two instructions where a test lets the process die, as by SIGKILL. Debug builds
/// alone have it: elsewhere it is empty, and no place is ever named.
///
/// Places are named by what has just happened: `call.orders.Purchase.arrived`,
/// `saga.pay.DO.asking`, `provider.sale.answered`.
public struct Failpoint: Sendable {
    #if DEBUG
        private let target: Target?
    #endif

    public static let none = Failpoint(nil)

    /// `PLACE`, or `PLACE@3` for the third time that it is reached.
    public init(_ text: String?) {
        #if DEBUG
            target = text.flatMap { $0.isEmpty ? nil : Target($0) }
        #endif
    }

    public func reach(_ place: @autoclosure () -> String) {
        #if DEBUG
            target?.reach(place())
        #endif
    }

    #if DEBUG
        private final class Target: Sendable {
            private let place: String
            private let left: Mutex<Int>

            init(_ text: String) {
                let parts = text.split(separator: "@", maxSplits: 1)
                place = String(parts[0])
                left = Mutex(parts.count == 2 ? Int(parts[1]) ?? 1 : 1)
            }

            func reach(_ reached: String) {
                guard reached == place else { return }
                let isNow = left.withLock { left in
                    left -= 1
                    return left == 0
                }
                guard isNow else { return }
                let line = "failpoint \(place)\n"
                _ = line.withCString { write(STDERR_FILENO, $0, strlen($0)) }
                kill(getpid(), SIGKILL)
            }
        }
    #endif
}
