/// Goes over the fields of a message in their order: reads them, writes them, or lists them. A
/// message says each of its fields once, in its initialiser:
///
///     @inline(__always)
///     public init(_ f: some FieldWalk, _ it: Written<Self>) {
///         orderId = f("orderId", it) { $0.orderId }
///         epoch = f("epoch", it, .integer(0...Int64.max), "a lower one is refused") { $0.epoch }
///     }
///
/// `it` is the message that is written. The compiler demands every stored
/// property. An Optional may be absent; nothing else may. The initialiser is always inlined, so
/// that each walk over a message becomes a function of its own, without a generic call in it.
public protocol FieldWalk {
    /// The value of one field. `get` takes it out of a message that is written; a walk that has
    /// none gives a value of its own.
    func field<Root, Value: FieldValue>(
        _ name: StaticString, _ it: Written<Root>, _ rule: Value.Rule, _ note: StaticString,
        _ get: (Root) -> Value
    ) -> Value
}

extension FieldWalk {
    @inlinable @inline(__always)
    public func callAsFunction<Root, Value: FieldValue>(
        _ name: StaticString, _ it: Written<Root>, _ rule: Value.Rule,
        _ note: StaticString = "", _ get: (Root) -> Value
    ) -> Value {
        field(name, it, rule, note, get)
    }

    /// A field whose type says all that there is to say.
    @inlinable @inline(__always)
    public func callAsFunction<Root, Value: FieldValue>(
        _ name: StaticString, _ it: Written<Root>, _ note: StaticString = "", _ get: (Root) -> Value
    ) -> Value where Value.Rule: PlainRule {
        field(name, it, Value.Rule(), note, get)
    }
}

/// The message or row that a walk writes; only who writes has one.
public struct Written<Root> {
    @usableFromInline let root: UnsafePointer<Root>?

    @inlinable
    public init(_ root: UnsafePointer<Root>? = nil) { self.root = root }

    /// One value of it, so that nothing else is copied.
    @inlinable @inline(__always)
    public func value<Value>(_ get: (Root) -> Value) -> Value {
        get(root.unsafelyUnwrapped.pointee)
    }
}

/// What a field may hold: a value of the wire, and a rule for what a request may hold of it.
public protocol FieldValue: CBORWritable, Sendable {
    associatedtype Rule: Sendable

    /// Reads the value at the cursor. A strict reader refuses what the rule forbids.
    static func read(
        _ reader: inout CBORReader, _ rule: Rule
    ) throws(CBORError) -> Self

    /// The rule, for the table.
    static func type(_ rule: Rule) -> FieldType

    /// Some value, whichever: what a walk gives that reads nothing. It costs nothing to make.
    static var blank: Self { get }

    // An Optional has its own of these.

    static var isRequired: Bool { get }

    static func read(
        _ name: StaticString, _ rule: Rule, in map: inout MapScope,
        from reader: inout CBORReader
    ) throws(CBORError) -> Self

    /// Writes key and value, and counts them, if there is a value.
    func write(_ name: StaticString, to writer: inout CBORWriter, _ count: inout Int)
}

/// The rule of a type that says all by itself.
public protocol PlainRule: Sendable {
    init()
}

public struct NoRule: PlainRule {
    @inlinable public init() {}
}

// Reading and writing a field is a function of each kind of value, not of each field: inlined, a
// message takes several times as much code, which is out of the cache when the message comes.

extension FieldValue {
    @inlinable public static var isRequired: Bool { true }

    @inlinable @inline(never)
    public static func read(
        _ name: StaticString, _ rule: Rule, in map: inout MapScope,
        from reader: inout CBORReader
    ) throws(CBORError) -> Self {
        guard try map.find(name, &reader) else { throw map.missing(name, reader) }
        let value = try read(&reader, rule)
        map.index += 1
        return value
    }

    @inlinable @inline(never)
    public func write(_ name: StaticString, to writer: inout CBORWriter, _ count: inout Int) {
        writer.key(name)
        write(to: &writer)
        count &+= 1
    }
}

extension Optional: CBORWritable where Wrapped: CBORWritable {
    @inlinable @inline(__always)
    public func write(to writer: inout CBORWriter) {
        if let self { self.write(to: &writer) } else { writer.null() }
    }
}

extension Optional: FieldValue where Wrapped: FieldValue {
    public typealias Rule = Wrapped.Rule

    @inlinable public static var isRequired: Bool { false }
    @inlinable public static var blank: Wrapped? { nil }
    public static func type(_ rule: Rule) -> FieldType { Wrapped.type(rule) }

    @inlinable @inline(__always)
    public static func read(
        _ reader: inout CBORReader, _ rule: Rule
    ) throws(CBORError) -> Wrapped? {
        reader.readNullIfPresent() ? nil : try Wrapped.read(&reader, rule)
    }

    @inlinable @inline(never)
    public static func read(
        _ name: StaticString, _ rule: Rule, in map: inout MapScope,
        from reader: inout CBORReader
    ) throws(CBORError) -> Wrapped? {
        guard try map.find(name, &reader) else { return nil }
        let value = try read(&reader, rule)
        map.index += 1
        return value
    }

    @inlinable @inline(__always)
    public func write(_ name: StaticString, to writer: inout CBORWriter, _ count: inout Int) {
        self?.write(name, to: &writer, &count)
    }
}
