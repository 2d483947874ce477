/// Where nothing may be written: in the handlers of methods that say they read. Debug builds, the
/// tests among them, hold every write against it, here and in the services that a handler calls in
/// the same process; a release knows nothing of it.
public enum ReadOnly {
    #if DEBUG
        @TaskLocal public static var isHere = false
    #else
        public static var isHere: Bool { false }
    #endif
}
