extension String {
    /// The text, or its beginning with an ellipsis where it is longer: for texts of others, which a
    /// message tells to people within its own bounds.
    public func clipped(to mostBytes: Int) -> String {
        guard utf8.count > mostBytes else { return self }
        let room = mostBytes - Self.ellipsis.utf8.count
        var end = utf8.index(utf8.startIndex, offsetBy: max(0, room))
        // Not within a character of several bytes.
        while end > startIndex, end.samePosition(in: unicodeScalars) == nil {
            end = utf8.index(before: end)
        }
        return String(self[..<end]) + Self.ellipsis
    }

    private static let ellipsis = "…"
}
