internal import Glibc

/// Ends the process without what C libraries do at an exit: OpenSSL takes itself apart then, under
/// the feet of threads that still shake hands, and the process would end by a crash instead.
public func endProcess(_ status: Int32) -> Never {
    fflush(nil)
    _exit(status)
}
