import Contracts
import Foundation
import Testing

@testable import Command

/// Time zones are what the system knows.
@Suite struct TimeZoneTests {
    @Test func thoseOfTheSystemAreKnownByTheirNames() throws {
        let zones = try TimeZones.ofSystem()
        for name in ["Europe/Vienna", "Etc/GMT+6", "America/Argentina/Buenos_Aires", "UTC"] {
            #expect(zones.contains(name), "\(name)")
        }
        for name in [
            "Mars/Olympus", "UT+1", "europe/vienna", "Europe", "Europe/Vienna ", "posix/UTC",
            "../zoneinfo/UTC", "zone.tab", "Factory", "localtime", "",
        ] { #expect(!zones.contains(name), "\(name)") }
    }

    @Test func aSystemWithoutThemIsToldWhatToInstall() {
        let folder = FileManager.default.temporaryDirectory.appending(path: "no-zones-here").path
        let error = #expect(throws: ConfigurationError.self) { try TimeZones.of(folder: folder) }
        #expect(error?.description.contains("apt-get install tzdata") == true)
    }
}
