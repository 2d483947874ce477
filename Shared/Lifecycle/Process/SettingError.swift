/// An error that may lie in what an operator has set: then only another setting mends it, and the
/// process ends with the status of a wrong configuration, so that nobody starts it again and again.
public protocol SettingError: Error {
    var isOfSetting: Bool { get }
}
