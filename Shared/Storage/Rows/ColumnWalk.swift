public import Wire

/// Goes over the columns of a row in the order of its table: reads them, writes them, or lists
/// them. A row says each of them once, in its initialiser, those of the key first:
///
///     @inline(__always)
///     init(_ c: some ColumnWalk, _ it: Written<Self>) {
///         id = c("hold_id", it) { $0.id }
///         owner = c("owner", it) { $0.owner }
///     }
///
/// `it` is the row that is written. Whatever else stands in the initialiser runs in every walk, on
/// values that a walk without a row makes up (`Bindable.nothing`).
public protocol ColumnWalk {
    func column<Row, Value: Bindable>(
        _ name: StaticString, _ it: Written<Row>, _ get: (Row) -> Value
    ) -> Value

    /// A value that stands in its column in another form.
    func column<Row, Form: ColumnForm>(
        _ name: StaticString, _ it: Written<Row>, _ form: Form.Type, _ get: (Row) -> Form.Value
    ) -> Form.Value
}

extension ColumnWalk {
    @inlinable @inline(__always)
    public func callAsFunction<Row, Value: Bindable>(
        _ name: StaticString, _ it: Written<Row>, _ get: (Row) -> Value
    ) -> Value {
        column(name, it, get)
    }

    @inlinable @inline(__always)
    public func callAsFunction<Row, Form: ColumnForm>(
        _ name: StaticString, _ it: Written<Row>, as form: Form.Type, _ get: (Row) -> Form.Value
    ) -> Form.Value {
        column(name, it, form, get)
    }
}

/// How a value that is not `Bindable` stands in its column.
public protocol ColumnForm {
    associatedtype Value
    associatedtype Cell: Bindable

    static func cell(of value: Value) -> Cell
    static func value(in cell: Cell) throws -> Value
    static var nothing: Value { get }
}

/// The same form, where there may be no value.
public enum Maybe<Form: ColumnForm>: ColumnForm {
    @inlinable
    public static func cell(of value: Form.Value?) -> Form.Cell? { value.map { Form.cell(of: $0) } }

    @inlinable
    public static func value(in cell: Form.Cell?) throws -> Form.Value? {
        try cell.map { try Form.value(in: $0) }
    }

    @inlinable public static var nothing: Form.Value? { nil }
}

/// Writes a row: a cell a column.
public struct ColumnPut: ColumnWalk {
    @usableFromInline let columns: UnsafeMutablePointer<ColumnWriter>

    @inlinable @inline(__always)
    init(_ columns: UnsafeMutablePointer<ColumnWriter>) { self.columns = columns }

    @inlinable @inline(__always)
    public func column<Row, Value: Bindable>(
        _ name: StaticString, _ it: Written<Row>, _ get: (Row) -> Value
    ) -> Value {
        it.value(get).write(to: &columns.pointee)
        return Value.nothing
    }

    @inlinable @inline(__always)
    public func column<Row, Form: ColumnForm>(
        _ name: StaticString, _ it: Written<Row>, _ form: Form.Type, _ get: (Row) -> Form.Value
    ) -> Form.Value {
        Form.cell(of: it.value(get)).write(to: &columns.pointee)
        return Form.nothing
    }
}

/// Reads a row. The first column that cannot be read is told; what comes of the others is nothing.
public struct ColumnTake: ColumnWalk {
    @usableFromInline let columns: UnsafeMutablePointer<ColumnReader>
    @usableFromInline let failure: UnsafeMutablePointer<(any Error)?>

    @inlinable @inline(__always)
    init(
        _ columns: UnsafeMutablePointer<ColumnReader>,
        _ failure: UnsafeMutablePointer<(any Error)?>
    ) {
        self.columns = columns
        self.failure = failure
    }

    @inlinable @inline(__always)
    public func column<Row, Value: Bindable>(
        _ name: StaticString, _ it: Written<Row>, _ get: (Row) -> Value
    ) -> Value {
        do { return try Value.read(from: &columns.pointee) } catch {
            fail(error)
            return Value.nothing
        }
    }

    @inlinable @inline(__always)
    public func column<Row, Form: ColumnForm>(
        _ name: StaticString, _ it: Written<Row>, _ form: Form.Type, _ get: (Row) -> Form.Value
    ) -> Form.Value {
        do { return try Form.value(in: try Form.Cell.read(from: &columns.pointee)) } catch {
            fail(error)
            return Form.nothing
        }
    }

    @usableFromInline @inline(never)
    func fail(_ error: any Error) {
        if failure.pointee == nil { failure.pointee = error }
    }
}

/// Lists the names of the columns.
struct ColumnNames: ColumnWalk {
    private let names: UnsafeMutablePointer<[String]>

    func column<Row, Value: Bindable>(
        _ name: StaticString, _ it: Written<Row>, _ get: (Row) -> Value
    ) -> Value {
        names.pointee.append("\(name)")
        return Value.nothing
    }

    func column<Row, Form: ColumnForm>(
        _ name: StaticString, _ it: Written<Row>, _ form: Form.Type, _ get: (Row) -> Form.Value
    ) -> Form.Value {
        names.pointee.append("\(name)")
        return Form.nothing
    }

    static func of(_ walk: (ColumnNames) -> Void) -> [String] {
        var names: [String] = []
        withUnsafeMutablePointer(to: &names) { walk(ColumnNames(names: $0)) }
        return names
    }
}
