import FoundationEssentials
import Glibc
import Lifecycle
import Net
import Processes

/// Somebody who means harm, by `abuse.py`, while sixteen callers buy as ever.
enum Abuse {
    /// How to do harm, and what must have become of who tried.
    struct Way: Sendable {
        /// As the script names it.
        let name: String
        let title: String
        /// What is counted as injected.
        let counts: [String]
        let seconds: Int
        let expect: @Sendable ([String: Int]) -> [Check]
    }

    static let sections = ways.map { way in
        Section(name: way.name, title: "abuse: \(way.title)") { try await run($0, way) }
    }

    private static let callers = 16
    private static let everyMs: Int64 = 50
    private static let mostMegabytes = 256.0
    /// Twenty lines a second and some.
    private static let mostLogKilobytes = 64.0

    private static func run(_ rig: Rig, _ way: Way) async throws -> Finding {
        let crowd = try Crowd(rig, as: "gateway", connections: 2)
        defer { crowd.close() }
        let buy = rig.choice.buy()
        let quiet = try await crowd.closed(callers: callers, ms: 2_500, everyMs: everyMs, buy)
        _ = rig.takePeakMegabytes()
        let logged = rig.logKilobytes
        async let abuser = abuse(rig, way)
        // Python takes that long to begin.
        try await rig.world.scheduler.sleep(ms: 300)
        let ms = Int64(way.seconds) * 1_000 - 500
        let tally = try await crowd.closed(callers: callers, ms: ms, everyMs: everyMs, buy)
        let counts = try await abuser
        let (megabytes, lines) = (rig.takePeakMegabytes(), rig.logKilobytes - logged)
        let deaths = rig.suite.unexpectedDeaths.map { "\($0.service) \($0.ending)" }
        let told = counts.filter { $0.value > 0 }.sorted { $0.key < $1.key }
        return Finding(
            injected: way.counts.reduce(0) { $0 + counts[$1, default: 0] },
            checks: [
                .figure(
                    tally.rate >= 0.8 * quiet.rate,
                    "\((tally.rate / quiet.rate).percent) of the victims' \(quiet.rate.short) "
                        + "purchases/s (80 %)"),
                .figure(
                    tally.p99 <= 2 * quiet.p99,
                    "their p99 \(tally.p99.short) ms, \(quiet.p99.short) when quiet (2 x)"),
                .always(
                    tally.done == tally.samples.count,
                    "none of \(tally.samples.count) failed"
                        + (tally.done == tally.samples.count ? "" : " [\(tally.summary)]")),
                .always(
                    megabytes <= mostMegabytes,
                    "largest service \(megabytes.short) MiB (\(mostMegabytes.short))"),
                .always(
                    lines <= mostLogKilobytes,
                    "\(lines.short) KiB of log (\(mostLogKilobytes.short))"),
                .always(deaths.isEmpty, "all services live\(deaths.map { "; \($0)" }.joined())"),
            ] + way.expect(counts),
            notes: ["abuser: " + told.map { "\($0.value) \($0.key)" }.joined(separator: ", ")])
    }

    /// Runs the script for its time and gives what it counted. It has the lowest priority: in the
    /// world an abuser brings processors of their own, and what counts is what the services do.
    private static func abuse(_ rig: Rig, _ way: Way) async throws -> [String: Int] {
        let python = ServiceSuite.builtPrograms + "/../../venv/bin/python"
        guard access(python, X_OK) == 0 else {
            throw ProcessError("no .build/venv with cbor2: deploy/prove overload makes it")
        }
        let printed = rig.folder.file("\(way.name)-\(nanoseconds()).json")
        let script = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "abuse.py").path
        let child = try await ChildProcess.start(
            "/usr/bin/nice",
            [
                "-n", "19", python, script, way.name,
                rig.suite.address(of: .orders).description, "\(way.seconds)",
                rig.suite.credentialsFile(of: "orders"),
            ], environment: ["PYTHONDONTWRITEBYTECODE": "1"], log: printed)
        let ending = await child.ending()
        let output = try String(contentsOfFile: printed, encoding: .utf8)
        guard ending == .exited(0), let last = output.split(separator: "\n").last,
            let counts = try? JSONDecoder().decode([String: Int].self, from: Data(last.utf8))
        else { throw ProcessError("abuse.py \(way.name) \(ending): \(output.suffix(800))") }
        return counts
    }
}

extension Abuse {
    private static let ways = [
        Way(
            name: "silence", title: "1,000 sockets that say nothing, or a byte a second",
            counts: ["opened"], seconds: 8
        ) { counts in
            let longest = counts["longest ms", default: 0]
            return [
                .always(
                    counts["ended", default: 0] > 0 && longest <= 7_000,
                    "\(counts["ended", default: 0]) sent away, the last after \(longest) ms (7 s)")
            ]
        },
        Way(
            name: "churn", title: "10,000 connects, closed at once", counts: ["opened"], seconds: 6
        ) { counts in
            let opened = counts["opened", default: 0]
            return [.always(opened >= 10_000, "\(opened) made")]
        },
        Way(
            name: "giants", title: "frames that promise 4 GiB", counts: ["opened"], seconds: 5
        ) { counts in
            [allEnded(counts, "why: FRAME_TOO_LARGE", of: "opened")]
        },
        Way(
            name: "half", title: "half-filled frames of 1 MiB on 1,000 connections in 5 s",
            counts: ["greeted"], seconds: 8
        ) { counts in
            [
                .always(
                    counts["greeted", default: 0] + counts["turned away", default: 0] == 1_000,
                    "\(counts["greeted", default: 0]) connections sent "
                        + "\(counts["bytes", default: 0] >> 20) MiB")
            ]
        },
        Way(
            name: "cancels", title: "50,000 calls a second, taken back at once",
            counts: ["cancelled"], seconds: 6
        ) { counts in
            [allEnded(counts, "why: PROTOCOL_ERROR", of: "greeted")]
        },
        Way(
            name: "pings", title: "50,000 pings a second", counts: ["pinged"], seconds: 5
        ) { counts in
            [allEnded(counts, "why: PROTOCOL_ERROR", of: "greeted")]
        },
        Way(
            name: "greed", title: "200 connections that ask for large pages and read none",
            counts: ["asked"], seconds: 8
        ) { counts in
            let asked = counts["asked", default: 0]
            return [.always(counts["greeted", default: 0] == 200, "\(asked) asked for")]
        },
    ]

    /// Each of these connections but the last few was ended for that reason, or so abruptly that
    /// its reason was lost with what the abuser had still sent.
    private static func allEnded(
        _ counts: [String: Int], _ why: String, of what: String
    ) -> Check {
        let (begun, told) = (counts[what, default: 0], counts[why, default: 0])
        let silent = counts["why: closed without a word", default: 0]
        return .always(
            begun > 0 && told > 0 && told + silent >= begun - 1,
            "\(told + silent) of \(begun) connections ended, \(told) with their reason")
    }
}
