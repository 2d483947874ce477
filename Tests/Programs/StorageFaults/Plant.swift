import Disk

/// A fault of the disk that no service can survive: the campaign must find it.
enum Plant: String, CaseIterable, Sendable {
    /// Syncs are answered and not done.
    case lies
    /// What fails or finds no room says that it was done.
    case swallows

    func apply(to machines: Machines) {
        for disk in machines.disks.values {
            switch self {
            case .lies: disk.setSyncsAreLies(true)
            case .swallows: disk.setErrorsAreSwallowed(true)
            }
        }
    }
}
