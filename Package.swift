// swift-tools-version: 6.2
import PackageDescription

// One table of targets. A target may import what stands in its `uses` and nothing else; the same
// arrows are checked by `--explicit-target-dependency-import-check error` and by
// Tests/Unit/Structure.

let strict = Context.environment["TURNSTILE_STRICT"] != nil
/// Tests/Programs/Fuzz/fuzz builds programs of its own, with flags that other builds must not have.
let fuzzing = Context.environment["TURNSTILE_FUZZ"] != nil
let settings: [SwiftSetting] =
    [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        // What is called stays on its caller's executor: nothing leaves the loop by accident.
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
        // Rows and messages are generic and cross modules: without the first their unspecialised
        // code runs, which takes several times as long. The second leaves out checks that the
        // debug build makes in every test.
        .unsafeFlags(
            ["-cross-module-optimization", "-enforce-exclusivity=unchecked"],
            .when(configuration: .release)),
    ] + (strict ? [.treatAllWarnings(as: .error)] : [])

func needs(_ names: [String]) -> [Target.Dependency] { names.map { .byName(name: $0) } }

func system(_ name: String) -> Target { .systemLibrary(name: name, path: "Shared/System/\(name)") }

func shared(_ name: String, uses: [String] = [], excluding files: [String] = []) -> Target {
    .target(
        name: name, dependencies: needs(uses), path: "Shared/\(name)", exclude: files,
        swiftSettings: settings)
}

func service(_ name: String, uses: [String]) -> [Target] {
    [
        .target(
            name: name, dependencies: needs(uses), path: "Services/\(name)", exclude: ["Main"],
            swiftSettings: settings),
        .executableTarget(
            name: "\(name)Main",
            dependencies: needs([name, "Command", "Contracts", "Publishing", "Storage"]),
            path: "Services/\(name)/Main", swiftSettings: settings),
    ]
}

func program(
    _ name: String, uses: [String], excluding files: [String] = [], linker: [LinkerSetting] = [],
    asLibrary: Bool = false
) -> Target {
    guard !asLibrary else {
        return .target(
            name: name, dependencies: needs(uses), path: "Tests/Programs/\(name)",
            exclude: files + ["Main.swift"], swiftSettings: settings)
    }
    return .executableTarget(
        name: name, dependencies: needs(uses), path: "Tests/Programs/\(name)", exclude: files,
        swiftSettings: settings, linkerSettings: linker)
}

/// Puts Bench's own malloc, which counts, in front of the C library's for the whole process.
let countingMalloc = LinkerSetting.unsafeFlags([
    "-Xlinker", "--defsym=malloc=turnstile_counted_malloc", "-Xlinker", "--export-dynamic",
])

/// What tests and programs share.
func kit(_ name: String, uses: [String]) -> Target {
    .target(
        name: name, dependencies: needs(uses), path: "Tests/Kit/\(name)", swiftSettings: settings)
}

func tests(
    _ name: String, in room: String = "Unit", uses: [String], excluding files: [String] = []
) -> Target {
    .testTarget(
        name: "\(name)Tests", dependencies: needs(uses), path: "Tests/\(room)/\(name)",
        exclude: files, swiftSettings: settings)
}

/// What strangers send is thrown at the code that takes it apart, by libFuzzer.
let fuzzers: [Target] = [
    .target(
        name: "Fuzz", dependencies: needs(["Wire"]), path: "Tests/Programs/Fuzz",
        exclude: ["corpus", "fuzz"], swiftSettings: settings),
    program("FuzzBytes", uses: ["Wire", "RPC", "Fuzz"]),
    program("FuzzStreams", uses: ["Lifecycle", "Wire", "Net", "RPC", "Support", "Fuzz"]),
    program(
        "FuzzMessages",
        uses: [
            "Wire", "Net", "RPC", "Contracts", "Storage", "Command", "Support", "Demo", "Fuzz",
        ]),
    program(
        "FuzzServices",
        uses: [
            "Crypto", "Lifecycle", "Wire", "RPC", "Contracts", "Storage", "Inventory", "Orders",
            "Payments", "Support", "Fuzz",
        ]),
]

let basics = [
    "Crypto", "Text", "Lifecycle", "Wire", "RPC", "Contracts", "Storage", "Publishing",
]

let package = Package(
    name: "turnstile",
    products: ["Inventory", "Orders", "Payments"].map {
        .executable(name: $0.lowercased(), targets: ["\($0)Main"])
    },
    targets: [
        system("CLinux"), system("CSQLite"), system("CPostgres"), system("COpenSSL"),
        shared("Crypto", uses: ["COpenSSL", "CLinux"]),
        shared("Text"),
        shared("Lifecycle", uses: ["CLinux", "Text"]),
        shared("Wire", uses: ["Text"]),
        shared("Net", uses: ["CLinux", "Lifecycle"]),
        shared("RPC", uses: ["Crypto", "Text", "Lifecycle", "Wire", "Net"]),
        shared(
            "Contracts", uses: ["Crypto", "Text", "Lifecycle", "Wire", "RPC"],
            excluding: ["reasons.md", "turnstile.cddl"]),
        shared(
            "Storage", uses: ["CSQLite", "CPostgres", "CLinux", "Text", "Lifecycle", "Wire"]),
        shared(
            "Publishing", uses: ["Text", "Lifecycle", "Wire", "RPC", "Contracts", "Storage"]),
        shared("Saga", uses: ["Text", "Lifecycle", "Storage", "RPC", "Wire"]),
        shared(
            "Command",
            uses: ["Crypto", "Text", "Lifecycle", "Wire", "Net", "RPC", "Contracts", "Storage"]),
    ]
        + service("Inventory", uses: basics)
        + service("Orders", uses: basics + ["Saga"])
        + service("Payments", uses: basics)
        + [
            kit("Support", uses: ["Lifecycle", "Wire", "RPC", "Contracts"]),
            kit("Processes", uses: ["Lifecycle", "Wire", "Net", "RPC", "Contracts", "Support"]),
            program(
                "Demo",
                uses: [
                    "Text", "Lifecycle", "Wire", "Net", "RPC", "Contracts", "Support", "Processes",
                ],
                asLibrary: fuzzing),
            program(
                "Chaos",
                uses: [
                    "CLinux", "Lifecycle", "Wire", "Net", "RPC", "Contracts", "Support",
                    "Processes",
                ],
                excluding: ["check.py", "export.py", "selftest.py"]),
            tests("Text", uses: ["Text"]),
            tests(
                "Contracts", uses: ["Contracts", "Text", "Lifecycle", "RPC", "Support", "Wire"]),
            tests(
                "ChaosChecks",
                uses: ["Chaos", "Processes", "Lifecycle", "Net", "Wire", "Support"]),
            tests(
                "DemoChecks",
                uses: [
                    "Demo", "Processes", "Contracts", "Lifecycle", "RPC", "Wire", "Support",
                ]),
            tests("Lifecycle", uses: ["Lifecycle", "Support"]),
            tests("Wire", uses: ["Wire", "Lifecycle", "Support"]),
            tests(
                "Command",
                uses: basics + [
                    "Command", "Net", "Inventory", "Orders", "Payments", "Support", "Processes",
                ]),
            tests(
                "Interop", in: "Whole",
                uses: [
                    "Text", "Lifecycle", "Net", "Wire", "RPC", "Contracts", "Support", "Processes",
                ],
                excluding: ["gateway.py", "interop.py", "ping.py", "purchase.py"]),
            kit("Past", uses: ["CSQLite", "Lifecycle"]),
            program(
                "Bench",
                uses: [
                    "CLinux", "Lifecycle", "Wire", "Net", "RPC", "Contracts", "Support",
                    "Processes", "Past",
                ],
                linker: [countingMalloc]),
            program(
                "Overload",
                uses: ["Crypto", "Lifecycle", "Wire", "Net", "RPC", "Contracts", "Processes"],
                excluding: ["abuse.py"]),
            tests("Net", uses: ["Lifecycle", "Net", "Support"]),
            program(
                "Simulation",
                uses: basics + [
                    "Net", "Inventory", "Orders", "Payments", "Support", "Disk", "Processes",
                ]),
            tests(
                "SimulationChecks", uses: ["Simulation", "Processes", "Support", "Lifecycle"]),
            kit("Disk", uses: ["CSQLite", "Lifecycle", "Support"]),
            tests(
                "DiskChecks", uses: ["Disk", "CSQLite", "Storage", "Lifecycle", "Support"]),
            program("StorageCrash", uses: ["Storage", "Lifecycle", "Support"]),
            tests(
                "Payments",
                uses: basics + ["Payments", "Support", "Stores"]),
            tests("Saga", uses: ["Saga", "RPC", "Wire", "Lifecycle", "Support"]),
            tests("Orders", uses: basics + ["Saga", "Orders", "Support", "Stores"]),
            kit("Stores", uses: ["Storage", "Lifecycle", "Support"]),
            tests(
                "Storage",
                uses: [
                    "Storage", "Text", "Lifecycle", "Wire", "Support", "Stores", "Processes",
                    "StorageCrash", "Past",
                ]),
            tests("RPC", uses: ["Crypto", "Text", "Lifecycle", "Wire", "Net", "RPC", "Support"]),
            kit(
                "Stage",
                uses: [
                    "Lifecycle", "Net", "RPC", "Contracts", "Storage", "Publishing", "Support",
                ]),
            program(
                "StorageFaults",
                uses: basics + [
                    "Net", "Inventory", "Orders", "Payments", "Stage", "Disk", "Support",
                ]),
            tests(
                "Suite", in: "Whole",
                uses: basics + [
                    "Net", "Inventory", "Orders", "Payments", "Saga", "Support", "Stores",
                    "Stage",
                ]),
            tests("Inventory", uses: basics + ["Inventory", "Support", "Stores"]),
            tests("Structure", uses: []),
            tests(
                "Crash", in: "Whole",
                uses: ["Lifecycle", "Net", "Wire", "RPC", "Contracts", "Support", "Processes"]),
        ] + (fuzzing ? fuzzers : []),
    swiftLanguageModes: [.v6]
)
