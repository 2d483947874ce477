public import Lifecycle

@testable public import Storage

extension TableLayout {
    /// What rows say of their tables, against the tables that migrations make: a line for each
    /// table whose columns are others.
    public static func differences(
        _ layouts: [TableLayout], from migrations: [Migration], _ world: World
    ) async throws -> [String] {
        let folder = try StoreFolder()
        defer { withExtendedLifetime(folder) {} }
        let database = try await Database.open(
            folder.newLocation(), migrations: migrations, world: world, mode: .scheduled)
        var lines: [String] = []
        for layout in layouts {
            let stored = try await database.read { reader in
                try reader.query(columns(of: layout.name)) { try $0.next(String.self) }
            }
            if Set(stored) != Set(layout.columns) {
                lines.append("\(layout.name): \(stored.sorted()), not \(layout.columns.sorted())")
            }
        }
        await database.close()
        return lines
    }

    private static func columns(of table: String) -> SQL {
        StoreFolder.isSQLite
            ? "SELECT name FROM pragma_table_info(\(table))"
            : """
            SELECT column_name::text FROM information_schema.columns
            WHERE table_schema = current_schema() AND table_name = \(table)
            """
    }
}
