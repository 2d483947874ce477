import Glibc
import Lifecycle
import Net
import Processes

/// Each service in a network namespace of its own, with a bridge between them and gateways here.
///
/// The whole program runs in a namespace without any other network, so that nothing of this shows
/// elsewhere. A namespace lives as long as a process in it: when this program ends, however it
/// does, the kernel takes all of them away.
final class PrivateNetwork: Sendable {
    private struct Home: Sendable {
        let process: ChildProcess
        let host: String

        var inside: [String] {
            ["/usr/bin/nsenter", "--net=/proc/\(process.processID)/ns/net", "--"]
        }
    }

    /// Who may be cut off from whom: gateways are here.
    static let pairs: [(ServiceName, ServiceName?)] = [
        (.orders, .inventory), (.orders, .payments), (.orders, nil), (.inventory, nil),
        (.inventory, .orders), (.payments, .orders),
    ]

    private static let gatewayHost = "10.77.0.254"
    private let homes: [ServiceName: Home]
    private let folder: WorkFolder

    init(in folder: WorkFolder) async throws {
        self.folder = folder
        var homes: [ServiceName: Home] = [:]
        var lines = [
            "ip link add chaos type bridge", "ip addr add \(Self.gatewayHost)/24 dev chaos",
            "ip link set chaos up",
        ]
        for (number, service) in ServiceName.allCases.enumerated() {
            let home = Home(
                process: try await Self.makeNamespace(in: folder), host: "10.77.0.\(number + 1)")
            homes[service] = home
            let process = home.process.processID
            let enter = home.inside.joined(separator: " ")
            lines += [
                "ip link add to-\(service) type veth peer name eth0 netns \(process)",
                "ip link set to-\(service) master chaos up",
                "\(enter) ip addr add \(home.host)/24 dev eth0",
                "\(enter) ip link set eth0 up", "\(enter) ip link set lo up",
                "\(enter) nft add table inet cut",
            ]
            for hook in ["input", "output"] {
                lines.append(
                    "\(enter) nft 'add chain inet cut \(hook) "
                        + "{ type filter hook \(hook) priority 0; }'")
            }
        }
        self.homes = homes
        try await Self.run(lines, folder)
    }

    var places: [ServiceName: ServiceSuite.Place] {
        homes.mapValues { .init(address: Address(host: $0.host, port: 7_100), inside: $0.inside) }
    }

    /// Nothing of the peer reaches the service any more, and nothing of it the peer: or only one
    /// of both.
    func cut(
        _ service: ServiceName, from peer: ServiceName?, incoming: Bool, outgoing: Bool
    ) async throws {
        guard let home = homes[service] else { return }
        let host = peer.flatMap { homes[$0]?.host } ?? Self.gatewayHost
        let enter = home.inside.joined(separator: " ")
        var lines: [String] = []
        if incoming { lines.append("\(enter) nft add rule inet cut input ip saddr \(host) drop") }
        if outgoing { lines.append("\(enter) nft add rule inet cut output ip daddr \(host) drop") }
        try await Self.run(lines, folder)
    }

    func heal() async throws {
        try await Self.run(
            homes.values.map { "\($0.inside.joined(separator: " ")) nft flush table inet cut" },
            folder)
    }

    func end() async throws {
        for home in homes.values {
            home.process.send(SIGKILL)
            _ = await home.process.ending()
        }
        try await Self.run(["ip link delete chaos"], folder)
    }

    // MARK: Namespaces

    /// Set in a program that runs in a namespace of its own.
    private static let mark = "TURNSTILE_CHAOS_NAMESPACE"

    /// Why services cannot be cut off here; nil when they can.
    static var obstacle: String? {
        if getenv(mark) != nil { return nil }
        if geteuid() != 0 { return "needs root" }
        for tool in ["/usr/bin/unshare", "/usr/bin/nsenter", "/usr/sbin/nft", "/usr/sbin/ip"] {
            if access(tool, X_OK) != 0 { return "needs \(tool)" }
        }
        guard system("/usr/bin/unshare --net /bin/true 2>/dev/null") == 0 else {
            return "this machine makes no network namespaces"
        }
        return nil
    }

    /// Runs this program once more in a namespace of its own, instead of itself; returns only where
    /// it is in one, or there are none. Must come before the first thread is made.
    static func enter(_ arguments: [String]) {
        guard getenv(mark) == nil, obstacle == nil else { return }
        setenv(mark, "1", 1)
        let script = "/usr/sbin/ip link set lo up; exec \"$@\""
        let program = ServiceSuite.builtPrograms + "/Chaos"
        let command =
            ["/usr/bin/unshare", "--net", "--", "/bin/sh", "-c", script, "sh", program] + arguments
        execv(command[0], command.map { strdup($0) } + [nil])
        unsetenv(mark)
    }

    /// A process that does nothing but keep a namespace.
    private static func makeNamespace(in folder: WorkFolder) async throws -> ChildProcess {
        try await ChildProcess.start(
            "/usr/bin/unshare", ["--net", "--", "/usr/bin/sleep", "infinity"],
            environment: environment, log: folder.file("network.log"))
    }

    private static let environment = ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"]

    private static func run(_ lines: [String], _ folder: WorkFolder) async throws {
        guard !lines.isEmpty else { return }
        let shell = try await ChildProcess.start(
            "/bin/sh", ["-e", "-c", lines.joined(separator: "\n")], environment: environment,
            log: folder.file("network.log"))
        let ending = await shell.ending()
        guard ending == .exited(0) else {
            let last = folder.lastLines(of: "network.log").joined(separator: "; ")
            throw ProcessError("the namespaces could not be made: \(ending), \(last)")
        }
    }
}
