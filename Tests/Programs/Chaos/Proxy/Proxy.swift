import Dispatch
import Processes
import Support
import Synchronization

/// Stands between all parties and knows where their frames begin and end. It has a thread of its
/// own; what it did is counted by kind.
final class Proxy: Sendable {
    /// How a new connection is treated.
    typealias Drawing = @Sendable (SeededRandom, Temper.Mood) -> Temper

    /// Where it listens.
    let ports: [Link: UInt16]
    private let mood = Mutex(Temper.Mood.calm)
    private let isStopped = Atomic(false)

    init(
        ports: [Link: UInt16], targets: [Link: UInt16], seed: UInt64, toll: Toll,
        drawing: @escaping Drawing = { Temper($0, $1) }
    ) throws {
        self.ports = ports
        let listeners = try ports.sorted { $0.value < $1.value }.map { link, port in
            guard let target = targets[link] else {
                throw ProcessError("the proxy has no way for \(link)")
            }
            return (descriptor: try Socket.listen(on: port), target: target)
        }
        DispatchQueue(label: "proxy").async { [self] in
            let random = SeededRandom(seed: seed ^ 0x70_726f_7879)
            ProxyLoop(self, listeners, random, toll, drawing).run()
        }
    }

    /// Calm: connections made from now on are left alone, and those made before are ended.
    func set(_ new: Temper.Mood) { mood.withLock { $0 = new } }

    func stop() { isStopped.store(true, ordering: .relaxed) }

    var current: Temper.Mood? { isStopped.load(ordering: .relaxed) ? nil : mood.withLock { $0 } }
}
