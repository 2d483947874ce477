import FoundationEssentials
import Glibc
import Lifecycle
import Processes
import Support
import Testing

@testable import Command

/// Nobody who reads the log, or does not, keeps a service from its work.
@Suite struct LogWriterTests {
    /// A pipe of a few KiB, whose reader begins when the test says.
    private struct Reader {
        let input: Int32
        let output: Int32

        init() throws {
            var ends: [Int32] = [-1, -1]
            try #require(pipe(&ends) == 0)
            (input, output) = (ends[1], ends[0])
            _ = fcntl(output, F_SETFL, O_NONBLOCK)
            // F_SETPIPE_SZ, which Swift does not know.
            _ = fcntl(input, 1031, 4_096)
        }

        /// Reads until a line holds `word`, at most ten seconds.
        func lines(until word: String) -> [Substring] {
            var bytes: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 65_536)
            let end = SystemClock.uptimeNanoseconds + 10_000_000_000
            while SystemClock.uptimeNanoseconds < end {
                let count = read(output, &buffer, buffer.count)
                if count > 0 { bytes += buffer[..<count] }
                let text = String(decoding: bytes, as: UTF8.self)
                if text.contains(word), text.hasSuffix("\n") { return text.split(separator: "\n") }
                if count <= 0 { sched_yield() }
            }
            return String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        }
    }

    private func log(_ writer: LogWriter) -> Log {
        Log(service: "test", least: .info, clock: SystemClock(), to: writer)
    }

    @Test func whatFindsNoRoomIsDroppedAndCounted() throws {
        let reader = try Reader()
        let writer = try LogWriter(service: "test", descriptor: reader.input)
        let line = String(repeating: "x", count: 1_000)
        let began = SystemClock.uptimeNanoseconds
        for _ in 0..<3_000 { writer.write(line) }
        #expect(SystemClock.uptimeNanoseconds - began < 5_000_000_000)
        // It may be told in parts.
        var lines = reader.lines(until: "log.dropped")
        writer.write("and on")
        lines += reader.lines(until: "and on")
        #expect(lines.last == "and on")
        let kept = lines.count { $0 == line[...] }
        #expect((1_000...1_100).contains(kept))
        let dropped = lines.compactMap { $0.firstMatch(of: /"log.dropped","lines":(\d+)}/) }
            .compactMap { Int($0.output.1) }
        #expect(kept + dropped.reduce(0, +) == 3_000)
    }

    @Test func aKindThatRepeatsItselfIsCounted() throws {
        let reader = try Reader()
        let writer = try LogWriter(service: "test", descriptor: reader.input)
        let log = log(writer)
        for _ in 0..<500 { log.warning("noise") }
        log.info("other")
        let lines = reader.lines(until: "log.suppressed")
        // The second may change in between.
        let kept = lines.count { $0.contains("\"event\":\"noise\"") }
        #expect((20...60).contains(kept))
        #expect(lines.count { $0.contains("\"event\":\"other\"") } == 1)
        let told = try #require(lines.last)
        #expect(told.contains("\"suppressed\":\"noise\""))
    }

    @Test func theEndWaitsAMomentOnly() throws {
        let reader = try Reader()
        let writer = try LogWriter(service: "test", descriptor: reader.input)
        for _ in 0..<100 { writer.write(String(repeating: "x", count: 1_000)) }
        let began = SystemClock.uptimeNanoseconds
        writer.flush()
        let waited = (SystemClock.uptimeNanoseconds - began) / 1_000_000
        #expect((150...5_000).contains(waited))
        let other = try Reader()
        let second = try LogWriter(service: "test", descriptor: other.input)
        second.write("the last words")
        second.flush()
        #expect(other.lines(until: "words") == ["the last words"])
    }

    @Test func aReaderThatIsGoneEndsNothing() throws {
        let reader = try Reader()
        let writer = try LogWriter(service: "test", descriptor: reader.input)
        close(reader.output)
        for _ in 0..<100 {
            writer.write("nobody hears it")
            writer.flush()
        }
    }
}
