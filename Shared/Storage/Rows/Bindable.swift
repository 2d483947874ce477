public import FoundationEssentials
public import Lifecycle
public import Text
internal import Wire

/// A value of one column: BIGINT, TEXT or BYTEA, or NULL as an Optional.
///
/// An enum with a raw value that is Bindable needs `nothing` but the conformance.
public protocol Bindable: Sendable {
    func write(to columns: inout ColumnWriter)
    static func read(from columns: inout ColumnReader) throws -> Self
    /// Some value, whichever: what a walk over a row's columns gives that reads none.
    static var nothing: Self { get }
}

extension Int64: Bindable {
    public static var nothing: Int64 { 0 }
    public func write(to columns: inout ColumnWriter) { columns.append(integer: self) }
    public static func read(from columns: inout ColumnReader) throws -> Int64 {
        try columns.nextInteger()
    }
}

extension Int: Bindable {
    public static var nothing: Int { 0 }
    public func write(to columns: inout ColumnWriter) { columns.append(integer: Int64(self)) }
    public static func read(from columns: inout ColumnReader) throws -> Int {
        Int(try columns.nextInteger())
    }
}

extension Bool: Bindable {
    public static var nothing: Bool { false }
    public func write(to columns: inout ColumnWriter) { columns.append(integer: self ? 1 : 0) }
    public static func read(from columns: inout ColumnReader) throws -> Bool {
        switch try columns.nextInteger() {
        case 0: return false
        case 1: return true
        default: throw columns.corruptPrevious("is neither 0 nor 1")
        }
    }
}

extension String: Bindable {
    public static var nothing: String { "" }
    public func write(to columns: inout ColumnWriter) { columns.append(text: self) }
    public static func read(from columns: inout ColumnReader) throws -> String {
        try columns.nextText()
    }
}

extension ByteText: Bindable {
    public static var nothing: ByteText { "" }
    public func write(to columns: inout ColumnWriter) { columns.append(text: string) }
    public static func read(from columns: inout ColumnReader) throws -> ByteText {
        ByteText(try columns.nextText())
    }
}

extension [UInt8]: Bindable {
    public static var nothing: [UInt8] { [] }
    public func write(to columns: inout ColumnWriter) { columns.append(blob: self) }
    public static func read(from columns: inout ColumnReader) throws -> [UInt8] {
        try columns.nextBlob()
    }
}

extension UUID: Bindable {
    public static var nothing: UUID { .blank }
    public func write(to columns: inout ColumnWriter) {
        withUnsafeBytes(of: uuid) { columns.append(blob: $0) }
    }
    public static func read(from columns: inout ColumnReader) throws -> UUID {
        try columns.nextID()
    }
}

extension Instant: Bindable {
    public static var nothing: Instant { Instant(milliseconds: 0) }
    public func write(to columns: inout ColumnWriter) { columns.append(integer: milliseconds) }
    public static func read(from columns: inout ColumnReader) throws -> Instant {
        Instant(milliseconds: try columns.nextInteger())
    }
}

extension Optional: Bindable where Wrapped: Bindable {
    public static var nothing: Wrapped? { nil }
    public func write(to columns: inout ColumnWriter) {
        guard let self else { return columns.appendNull() }
        self.write(to: &columns)
    }
    public static func read(from columns: inout ColumnReader) throws -> Wrapped? {
        try columns.skipNull() ? nil : Wrapped.read(from: &columns)
    }
}

extension Bindable where Self: RawRepresentable, RawValue: Bindable {
    public func write(to columns: inout ColumnWriter) { rawValue.write(to: &columns) }
    public static func read(from columns: inout ColumnReader) throws -> Self {
        let raw = try RawValue.read(from: &columns)
        guard let value = Self(rawValue: raw) else {
            throw columns.corruptPrevious("holds \(raw), which is no \(Self.self)")
        }
        return value
    }
}
