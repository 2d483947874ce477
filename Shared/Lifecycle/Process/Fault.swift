/// How trouble below the protocol (storage, files, the machine) looks to a caller. A module that
/// knows no RPC throws an error with a fault; the router alone turns it into what crosses the wire.
public enum Fault: Sendable {
    /// Nothing was done; the same call may succeed later.
    case unavailable
    /// Nothing was done; there is no room left on the disk.
    case storageFull
    /// It may have been done: only the same key tells.
    case unknownOutcome
    /// A bug, or data that contradicts itself.
    case `internal`
}

public protocol FaultError: Error {
    var fault: Fault { get }
}
