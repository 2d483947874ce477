import CSQLite
import Lifecycle
import Support

/// The files of a disk and what is planned to go wrong, under the disk's lock.
struct DiskState {
    /// What becomes of an operation.
    enum Verdict {
        case goesOn
        /// Nobody listens: the disk is down, or the process that asks is dead.
        case refused
        /// It was made to fail, and may have done some of its work.
        case fails
        /// In the middle of it comes the end.
        case crashes(DiskFault.Effect)
    }

    private(set) var files: [String: DiskFile] = [:]
    /// What the directory holds on the platter. A name in one of the two alone was made or deleted
    /// since the directory was synced.
    private var durableFiles: [String: DiskFile] = [:]
    let random: SeededRandom
    var capacity = Int.max
    var ballast = 0
    var isReadOnly = false
    var syncsAreLies = false
    var errorsAreSwallowed = false
    private(set) var counts = OperationCounts()
    /// Rises with every crash: who opened a file before is dead.
    private(set) var generation = 0
    private(set) var isDown = false
    private var faults: [DiskFault] = []

    init(random: SeededRandom) { self.random = random }

    var usedBytes: Int { files.values.reduce(ballast) { $0 + $1.bytes.count } }

    // MARK: Faults

    mutating func plan(_ fault: DiskFault) { faults.append(fault) }
    mutating func forgetFaults() { faults.removeAll() }

    /// Counts the operation and says what becomes of it. `generation` is that of the open file.
    mutating func verdict(on operation: Operation, of generation: Int?) -> Verdict {
        guard !isDown, generation ?? self.generation == self.generation else { return .refused }
        counts.count(operation)
        guard !faults.isEmpty, let fault = due(operation) else { return .goesOn }
        return fault.effect == .error ? .fails : .crashes(fault.effect)
    }

    private mutating func due(_ operation: Operation) -> DiskFault? {
        for index in faults.indices where faults[index].operations.contains(operation) {
            guard faults[index].skipped == 0 else {
                faults[index].skipped -= 1
                continue
            }
            return faults[index].isLasting ? faults[index] : faults.remove(at: index)
        }
        return nil
    }

    func swallows(_ operation: Operation) -> Bool {
        errorsAreSwallowed && [.write, .truncate, .sync].contains(operation)
    }

    // MARK: Crashes

    /// A crash after which nobody reaches the disk until it is started again.
    mutating func crash(_ effect: DiskFault.Effect) {
        if effect == .powerCut { powerCut() } else { processDies() }
        isDown = true
    }

    mutating func powerCut() {
        let luck = Luck(random)
        for name in Set(files.keys).union(durableFiles.keys).sorted() {
            let (seen, safe) = (files[name], durableFiles[name])
            let survivor = seen === safe || random.below(2) == 0 ? seen : safe
            survivor?.losePower(luck, random)
            files[name] = survivor
        }
        durableFiles = files
        processDies()
    }

    mutating func processDies() {
        generation += 1
        for file in files.values { file.forgetUsers() }
    }

    mutating func restart() { isDown = false }

    // MARK: The directory

    mutating func create(_ name: String) -> DiskFile {
        let file = DiskFile()
        files[name] = file
        return file
    }

    mutating func delete(_ name: String, isSynced: Bool) {
        files[name] = nil
        if isSynced { durableFiles = files }
    }

    /// Syncing a file that was just made keeps its name too; with the directory, all names.
    mutating func sync(_ file: DiskFile, named name: String, withDirectory: Bool) {
        guard !syncsAreLies else { return }
        file.sync()
        if withDirectory { durableFiles = files }
        if files[name] === file { durableFiles[name] = file }
    }

    /// Everything as it is in the image, and durable.
    mutating func load(_ image: DiskImage) {
        files = image.files.mapValues { DiskFile($0) }
        durableFiles = files
        generation += 1
    }
}
