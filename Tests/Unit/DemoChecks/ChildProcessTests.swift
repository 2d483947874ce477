import Glibc
import Processes
import Testing

struct ChildProcessTests {
    private func shell(_ script: String, _ folder: WorkFolder) async throws -> ChildProcess {
        try await ChildProcess.start(
            "/bin/sh", ["-c", script], environment: ["WORD": "hello"], log: folder.file("log"))
    }

    @Test func itsStatusAndItsWordsAreKept() async throws {
        let folder = try WorkFolder(named: "turnstile-child")
        defer { folder.remove() }
        let child = try await shell("echo $WORD; echo oops >&2; exit 3", folder)
        #expect(await child.ending() == .exited(3))
        #expect(await child.ending() == .exited(3))
        #expect(child.hasEnded)
        #expect(folder.lastLines(of: "log") == ["hello", "oops"])
    }

    @Test func itCanBeKilledAndThenNoMore() async throws {
        let folder = try WorkFolder(named: "turnstile-child")
        defer { folder.remove() }
        let child = try await shell("exec sleep 600", folder)
        #expect(!child.hasEnded)
        child.send(SIGKILL)
        #expect(await child.ending() == .signalled(SIGKILL))
        child.send(SIGKILL)
    }

    @Test func aFolderThatCannotBeMadeIsNamed() {
        let error = #expect(throws: ProcessError.self) { try WorkFolder(named: "no/such/place") }
        #expect(error?.description.contains("cannot make a folder") == true)
    }

    @Test func freePortsDiffer() throws {
        let ports = try FreePorts.find(20)
        #expect(Set(ports).count == 20)
    }
}
