import Disk
import Storage

/// What Storage is told of a simulated disk: how much room is left.
struct SimulatedVolume: Volume {
    let disk: SimulatedDisk

    var freeBytes: Int64? { disk.freeBytes.map { Int64($0) } }

    func keepBallast(bytes: Int64) { disk.setBallast(Int(bytes)) }

    func dropBallast() { disk.setBallast(0) }
}
