import Testing

/// Who may import whom. A module may import what stands in its row and nothing else; Package.swift
/// says the same, so that a new arrow is two deliberate lines.
@Suite struct ArrowTests {
    static let basics: Set = [
        "Crypto", "Text", "Lifecycle", "Wire", "RPC", "Contracts", "Storage", "Publishing",
    ]

    static let allowed: [String: Set<String>] = [
        "Crypto": ["COpenSSL", "CLinux"],
        "Text": [],
        "Lifecycle": ["CLinux", "Text"],
        "Wire": ["Text"],
        "Net": ["CLinux", "Lifecycle"],
        "RPC": ["Crypto", "Text", "Lifecycle", "Wire", "Net"],
        "Contracts": ["Crypto", "Text", "Lifecycle", "Wire", "RPC"],
        "Storage": ["CSQLite", "CPostgres", "CLinux", "Text", "Lifecycle", "Wire"],
        "Publishing": ["Text", "Lifecycle", "Wire", "RPC", "Contracts", "Storage"],
        "Saga": ["Text", "Lifecycle", "Storage", "RPC", "Wire"],
        "Command": [
            "Crypto", "Text", "Lifecycle", "Wire", "Net", "RPC", "Contracts", "Storage",
        ],
        "Inventory": basics,
        "Orders": basics.union(["Saga"]),
        "Payments": basics,
        "InventoryMain": ["Inventory", "Command", "Contracts", "Publishing", "Storage"],
        "OrdersMain": ["Orders", "Command", "Contracts", "Publishing", "Storage"],
        "PaymentsMain": ["Payments", "Command", "Contracts", "Publishing", "Storage"],
    ]

    /// What comes with the toolchain and Debian, and may be imported by anyone.
    static let platform: Set = ["Dispatch", "FoundationEssentials", "Glibc", "Synchronization"]

    @Test(arguments: allowed.keys.sorted())
    func packageAgrees(_ module: String) {
        #expect(SourceTree.current.package.uses[module] == Self.allowed[module])
    }

    @Test func everyModuleHasItsRow() {
        let modules = SourceTree.current.swift.filter { $0.isIn("Shared", "Services") }
        #expect(Set(modules.compactMap(\.module)).isSubset(of: Self.allowed.keys))
    }

    @Test func importsFollowTheArrows() {
        for file in SourceTree.current.swift {
            for line in Self.wrongImports(file, SourceTree.current.package) {
                Issue.record("\(file.path):\(line + 1): \(file.lines[line].trimmed)")
            }
        }
    }

    @Test(arguments: [
        ("Services/Orders/A.swift", "import Inventory"),
        ("Services/Orders/A.swift", "internal import struct Payments.Ledger"),
        ("Shared/Wire/A.swift", "public import Net"),
        ("Shared/Storage/A.swift", "@testable import RPC"),
        ("Shared/Wire/A.swift", "import FoundationNetworking"),
        ("Tests/Unit/Wire/A.swift", "import Orders"),
    ])
    func aWrongImportIsFound(_ path: String, _ text: String) {
        let file = SourceFile(path: path, text: text)
        #expect(Self.wrongImports(file, SourceTree.current.package) == [0])
    }

    @Test func arrowsHaveNoCycle() {
        var remaining = Self.allowed
        while let module = remaining.keys.sorted().first(where: { name in
            remaining[name]?.allSatisfy { remaining[$0] == nil } == true
        }) {
            remaining[module] = nil
        }
        #expect(remaining.isEmpty)
    }

    private static func wrongImports(_ file: SourceFile, _ package: PackageArrows) -> [Int] {
        guard let module = file.module else { return [] }
        let isProgram = file.isIn("Shared", "Services")
        let mayUse: Set<String>
        if isProgram {
            mayUse = (allowed[module] ?? []).union(platform)
        } else {
            // Tests and their programs: what Package.swift says, and anything of the platform.
            let declared = package.uses[module + "Tests"] ?? package.uses[module] ?? []
            mayUse = declared.union(platform).union(["Foundation", "Testing"])
        }
        return file.code.indices.filter { line in
            guard file.code[line].has("import "),
                let found = file.code[line].firstMatch(
                    of: /^\s*(?:@\w+\s+)*(?:\w+\s+)?import\s+(?:struct |class |enum |func )?(\w+)/)
            else { return false }
            return !mayUse.contains(String(found.output.1))
        }
    }
}
