import Disk

/// A fault of the disk that no service can survive: the campaign must find it.
enum Plant: String, CaseIterable, Sendable {
    /// Syncs are answered and not done.
    case lies

    func apply(to machines: Machines) {
        for disk in machines.disks.values { disk.setSyncsAreLies(true) }
    }
}
