internal import Contracts
internal import FoundationEssentials
internal import Glibc
internal import Lifecycle
internal import RPC
internal import Text

extension Program {
    static let version = "0.1.0"

    /// The executable: does what the command line asks for and ends the process with 0 when that
    /// went well, 1 when it did not, 2 when the command line or the configuration is at fault, 3
    /// when a call's outcome is unknown.
    public func main() async -> Never {
        // Whatever is written holds what is nobody else's business.
        umask(0o077)
        do {
            let flags = Configuration.settings(of: self).map(\.flag)
            let invocation = try Invocation(
                Array(CommandLine.arguments.dropFirst()), serveFlags: flags)
            end(try await run(invocation, ProcessInfo.processInfo.environment))
        } catch let error as UsageError {
            Output.error("\(name): \(error); see \(name) --help")
            end(2)
        } catch let error as any SettingError where error.isOfSetting {
            Output.error("\(name): \(error)")
            end(2)
        } catch {
            Output.error("\(name): \(error)")
            end(1)
        }
    }

    private func end(_ status: Int32) -> Never {
        Output.flush()
        endProcess(status)
    }

    private func run(
        _ invocation: Invocation, _ environment: [String: String]
    ) async throws -> Int32 {
        switch invocation {
        case .serve(let flags):
            let writer = try LogWriter(service: name)
            Output.writeErrors(through: writer)
            try await serve(flags, environment, to: writer)
            return 0
        case .call(let method, let json, let flags):
            return try await withConsole(flags, environment) {
                try await $0.call(method, json: json, flags)
            }
        case .health(var flags):
            // In a container there is no operator's secret: a service asks itself as itself.
            flags["--as"] = flags["--as"] ?? name
            return try await withConsole(flags, environment) { try await $0.health() }
        case .verify(let settles, let flags):
            return try await withConsole(flags, environment) {
                try await $0.verify(settles: settles)
            }
        case .migrateStore(let source, let flags):
            return try await migrateStore(
                source, try Configuration(of: self, flags: flags, environment: environment))
        case .describe(let name): return describe(name)
        case .describeReasons: Output.print(Reason.table)
        case .describeLimits: Output.print(RPCLimits().table)
        case .help: Output.print(help)
        case .version: Output.print("turnstile \(name) \(Self.version), protocol 2")
        }
        return 0
    }

    private func describe(_ wanted: String?) -> Int32 {
        guard let wanted else {
            for method in methods { Output.print(method.line(width: methodWidth)) }
            if !guide.isEmpty { Output.print("\n" + guide) }
            return 0
        }
        if let method = methods.first(where: { $0.name == wanted }) {
            Output.print(method.description)
        } else if let reason = Reason.all.first(where: { $0.name == wanted }) {
            Output.print(reason.description)
        } else {
            Output.error(
                "\(name): there is no method and no reason \(wanted.quotedUnlessPlain); "
                    + "\(name) describe lists the methods, \(name) describe --reasons the reasons")
            return 1
        }
        return 0
    }

    private var methodWidth: Int { methods.map(\.name.count).max() ?? 0 }

    private var help: String {
        let settings = Configuration.settings(of: self)
        let width = settings.map { $0.variable.count + $0.flag.count }.max() ?? 0
        let lines = settings.map { setting in
            let names = "\(setting.flag) or \(setting.variable)"
            return "  " + names + String(repeating: " ", count: max(0, width + 6 - names.count))
                + setting.note
        }
        return """
            \(name): \(summary)

              \(name) [serve]              serves until SIGTERM, then drains
              \(name) call METHOD [JSON]   calls a method and prints its reply as JSON
              \(name) describe [METHOD]    lists the methods, or shows one with its fields
              \(name) describe --reasons   lists why calls are refused; describe REASON shows one
              \(name) describe --limits    lists what a connection and a call may have at most
              \(name) health               exits 0 when the service answers, else 1
              \(name) verify [--settle]    checks every invariant; --settle waits for what runs
              \(name) migrate-store --from sqlite:FILE
                                          moves a stopped service's store to TURNSTILE_DATABASE
              \(name) --version

            serve and migrate-store are told by flags or the environment:
            \(lines.joined(separator: "\n"))

            call, health and verify take
              --address HOST:PORT   where the service is (\(Configuration.defaultAddress(of: name)))
              --credentials FILE    as above (credentials/IDENTITY.json)
              --as IDENTITY         who calls (operator; health: \(name))
              --plaintext WORD      as above, where the service is beyond loopback
              --timeout-ms N        how long to wait (10000; at most 30000)
              --actor JSON          call: {"id": …, "kind": "staff", "roles": [...]}

            Exit status: 0 done, 1 refused or not well, 2 a wrong command line or configuration,
            3 it is unknown whether the call was executed: ask again under the same ids.
            """
    }
}
