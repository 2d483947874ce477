public import Text

/// Structured log: one JSON object a line. Values are escaped and cut at 1 KiB, so that no field
/// can forge a line or grow one without bound.
public struct Log: Sendable {
    public enum Level: Int, Sendable, Comparable {
        case debug, info, warning, error

        public static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }
    }

    public typealias Sink = @Sendable (String) -> Void

    private let service: String
    private let least: Level
    private let clock: any WallClock
    private let outlet: any LogOutlet

    public init(
        service: String, least: Level, clock: any WallClock, to outlet: any LogOutlet
    ) {
        self.service = service
        self.least = least
        self.clock = clock
        self.outlet = outlet
    }

    public init(service: String, least: Level, clock: any WallClock, sink: @escaping Sink) {
        self.init(service: service, least: least, clock: clock, to: EachLine(sink: sink))
    }

    /// A log that goes nowhere.
    public static let silent = Log(
        service: "", least: .error, clock: SystemClock(), sink: { _ in })

    public func debug(_ event: StaticString, _ fields: Fields = [:]) {
        write(.debug, event, fields)
    }

    public func info(_ event: StaticString, _ fields: Fields = [:]) {
        write(.info, event, fields)
    }

    public func warning(_ event: StaticString, _ fields: Fields = [:]) {
        write(.warning, event, fields)
    }

    public func error(_ event: StaticString, _ fields: Fields = [:]) {
        write(.error, event, fields)
    }

    /// Waits a moment until what was written is out: before the process ends.
    public func flush() { outlet.flush() }

    private func write(_ level: Level, _ event: StaticString, _ fields: Fields) {
        guard level >= least, outlet.admits(event) else { return }
        outlet.write(Self.line(level, service, event, at: clock.now(), fields))
    }

    public typealias Fields = KeyValuePairs<String, any Loggable>

    /// One line, without its end.
    public static func line(
        _ level: Level, _ service: String, _ event: StaticString, at: Instant, _ fields: Fields
    ) -> String {
        var line = "{\"at\":\(at.milliseconds),\"level\":\"\(level)\",\"service\":"
        line.appendJSON(service)
        line += ",\"event\":"
        line.appendJSON("\(event)")
        for (name, value) in fields {
            line += ","
            line.appendJSON(name)
            line += ":"
            value.appendJSON(to: &line)
        }
        line += "}"
        return line
    }
}

/// Where lines go. Nothing here may wait: lines are written where time is short.
public protocol LogOutlet: Sendable {
    /// False when there were enough lines of this kind for now.
    func admits(_ event: StaticString) -> Bool
    func write(_ line: String)
    /// The one exception: waits a moment until what was written is out.
    func flush()
}

/// Takes every line.
private struct EachLine: LogOutlet {
    let sink: Log.Sink

    func admits(_ event: StaticString) -> Bool { true }
    func write(_ line: String) { sink(line) }
    func flush() {}
}

/// A value that a log line can carry.
public protocol Loggable {
    func appendJSON(to line: inout String)
}

extension String: Loggable {
    public func appendJSON(to line: inout String) { line.appendJSON(self) }

    /// Appends a JSON string literal (RFC 8259 section 7) of at most 1,024 bytes.
    mutating func appendJSON(_ text: String) {
        self += "\""
        var left = 1024
        for scalar in text.unicodeScalars {
            left -= UTF8.width(scalar)
            guard left >= 0 else {
                self += "…"
                break
            }
            append(escaping: scalar)
        }
        self += "\""
    }
}

extension ByteText: Loggable {
    public func appendJSON(to line: inout String) { line.appendJSON(string) }
}

extension Int: Loggable {
    public func appendJSON(to line: inout String) { line += description }
}

extension Int64: Loggable {
    public func appendJSON(to line: inout String) { line += description }
}

extension Bool: Loggable {
    public func appendJSON(to line: inout String) { line += description }
}
