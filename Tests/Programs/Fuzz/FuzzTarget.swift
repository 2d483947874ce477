/// Something that strangers can send bytes to. For any bytes `run` ends, and traps where something
/// does not hold that must.
public protocol FuzzTarget: AnyObject {
    init() throws

    func run(_ input: [UInt8])
}

/// Ends the process, which the fuzzer takes for a crash and keeps the input of.
public func must(
    _ holds: Bool, _ what: @autoclosure () -> String, file: StaticString = #file,
    line: UInt = #line
) {
    guard !holds else { return }
    fatalError(what(), file: file, line: line)
}
