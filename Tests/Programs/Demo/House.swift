import Lifecycle
import Net
import Processes

/// What the demo sells with: the three services on embedded databases, or two instances of each
/// over one PostgreSQL.
struct House: Sendable {
    let folder: WorkFolder
    let suites: [ServiceSuite]
    let server: DatabaseServer?

    var isPaired: Bool { suites.count > 1 }

    init(
        in folder: WorkFolder, _ options: Options, _ file: EventFile, world: World,
        on network: any Network
    ) throws {
        self.folder = folder
        var settings = ["TURNSTILE_SIM": file.simSettings(seed: options.seed)]
        if let place = options.postgresql {
            let server = DatabaseServer(
                in: place, script: options.script, log: folder.file("postgresql.log"))
            settings["TURNSTILE_DATABASE"] = server.addressOfPair
            suites = try ServiceSuite.pair(
                in: folder, settings: settings, world: world, on: network)
            self.server = server
        } else {
            suites = [
                try ServiceSuite(in: folder, settings: settings, world: world, on: network)
            ]
            server = nil
        }
    }

    /// Whose clients go to either instance.
    var suite: ServiceSuite { suites[0] }

    var description: String {
        isPaired
            ? "two instances of each service over PostgreSQL in \(folder.path)"
            : "three services in \(folder.path)"
    }

    var unexpectedDeath: ServiceSuite.Death? {
        suites.lazy.compactMap(\.unexpectedDeaths.first).first
    }

    func start() async throws { for suite in suites { try await suite.start() } }

    func stop() async { for suite in suites { await suite.stop() } }

    func killAll() { for suite in suites { suite.killAll() } }
}
