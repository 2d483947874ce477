/// What a reader accepts at most, so that hostile bytes cost no more than their own length.
public enum CBORLimits {
    /// Arrays and maps inside each other.
    public static let depth = 16
    /// Elements of one array, or entries of one map; never more than there are bytes left.
    public static let items = 10_000
    /// Bytes of one text or byte string.
    public static let stringBytes = 65_536
}
