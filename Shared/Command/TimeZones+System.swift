public import Contracts
internal import FoundationEssentials

extension TimeZones {
    /// Those of the system's tz database: the files under `/usr/share/zoneinfo` that begin as RFC
    /// 9636 says. Read once, at the start.
    ///
    /// - Throws: an error that says what to install when there are none.
    public static func ofSystem() throws -> TimeZones { try of(folder: "/usr/share/zoneinfo") }

    static func of(folder: String) throws -> TimeZones {
        let paths = (try? FileManager.default.subpathsOfDirectory(atPath: folder)) ?? []
        let zones = TimeZones(
            paths.filter { path in
                !unnamed.contains(path) && !copies.contains { path.hasPrefix($0) }
                    && FileManager.default.contents(atPath: "\(folder)/\(path)")?
                        .starts(with: magic) == true
            })
        guard zones.count > 0 else {
            throw ConfigurationError(
                "there are no time zones in \(folder); install the tz database: "
                    + "apt-get install tzdata")
        }
        return zones
    }

    private static let magic = Array("TZif".utf8)
    /// The machine's own zone, the default rules, and the zone of who has not chosen one.
    private static let unnamed = ["localtime", "posixrules", "Factory"]
    /// The same zones once more, without and with leap seconds.
    private static let copies = ["posix/", "right/"]
}
