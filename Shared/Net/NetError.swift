internal import Glibc

/// Why a channel or a listener could not be had, or ended.
public struct NetError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Code: Sendable, Equatable {
        case refused, reset, timedOut, unreachable, addressInUse, unknownHost, closed, other
    }

    public let code: Code
    public let message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// From an `errno` value, with the call that set it.
    init(_ call: String, errno number: Int32) {
        let code: Code =
            switch number {
            case ECONNREFUSED: .refused
            case ECONNRESET, EPIPE: .reset
            case ETIMEDOUT: .timedOut
            case EHOSTUNREACH, ENETUNREACH: .unreachable
            case EADDRINUSE: .addressInUse
            default: .other
            }
        self.init(code, "\(call): \(String(cString: strerror(number)))")
    }

    public var description: String { message }
}
