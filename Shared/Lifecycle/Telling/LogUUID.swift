public import FoundationEssentials

extension UUID: Loggable {
    public func appendJSON(to line: inout String) { line += "\"\(text)\"" }
}
