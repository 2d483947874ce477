import FoundationEssentials
import Glibc
import Lifecycle
import Processes
import Support

/// The wall clock of each service, wrong by what a file says (libfaketime); clocks that cannot be
/// set go on as they are.
final class Clocks: Sendable {
    /// Where Debian has it; nil when it is not installed.
    static let library: String? = {
        let path = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1"
        let other = "/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1"
        return [path, other].first { access($0, R_OK) == 0 }
    }()

    private let suite: ServiceSuite
    private let folder: WorkFolder
    private let toll: Toll

    init(_ suite: ServiceSuite, in folder: WorkFolder, library: String, toll: Toll) {
        self.suite = suite
        self.folder = folder
        self.toll = toll
        reset()
        for service in ServiceName.allCases {
            let settings = [
                "LD_PRELOAD": library, "FAKETIME_TIMESTAMP_FILE": file(service),
                "FAKETIME_CACHE_DURATION": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1",
                "FAKETIME_DONT_RESET": "1",
            ]
            for (name, value) in settings { suite.set(name, to: value, for: service) }
        }
    }

    private func file(_ service: ServiceName) -> String { folder.file("\(service).clock") }

    /// By 1 s to an hour, either way; the other clocks are right again.
    func jump(_ service: ServiceName, _ random: SeededRandom) {
        let most: UInt64 = [3, 60, 600, 3_600][Int(random.below(4))]
        let seconds = 1 + random.below(most)
        reset()
        write("\(random.below(2) == 0 ? "+" : "-")\(seconds)", service)
        toll.add(.clockJump)
    }

    func reset() { for service in ServiceName.allCases { write("+0", service) } }

    private func write(_ offset: String, _ service: ServiceName) {
        // Whole or not at all: a service may read at this moment.
        let path = file(service)
        try? Data("\(offset)\n".utf8).write(to: URL(filePath: path + ".new"))
        rename(path + ".new", path)
    }

    /// Takes away the shared memory that those who were killed have left: whoever is given the
    /// number of one of them would not start. Who lives has it open, and needs no name for it.
    func tidy() {
        for process in suite.everyProcessID {
            unlink("/dev/shm/faketime_shm_\(process)")
            unlink("/dev/shm/sem.faketime_sem_\(process)")
        }
    }
}
