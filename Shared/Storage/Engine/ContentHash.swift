/// FNV-1a with 64 bits: tells whether a text or a row is still the one that it was. Whoever makes
/// two contents collide deceives only itself.
public enum ContentHash {
    public static func of(_ bytes: [UInt8]) -> UInt64 {
        bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }
}
