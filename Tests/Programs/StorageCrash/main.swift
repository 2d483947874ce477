import FoundationEssentials
import Glibc
import Lifecycle
import Storage
import Support

// Commits as fast as it can until it is killed, and prints the number of each row after its commit
// was answered. `StorageCrash PLACE NAME FIRST` numbers its rows from FIRST; a
// place on PostgreSQL is a server, where the name is that of a schema.

guard CommandLine.arguments.count == 4, let first = Int64(CommandLine.arguments[3]) else {
    print("usage: StorageCrash PLACE NAME FIRST")
    endProcess(2)
}

let database = try await Database.open(
    DatabaseLocation(parsing: CommandLine.arguments[1], for: CommandLine.arguments[2]),
    migrations: [
        Migration(1, "CREATE TABLE acknowledged (number BIGINT NOT NULL PRIMARY KEY, pad TEXT)")
    ],
    world: TestWorld().world)

await withTaskGroup(of: Void.self) { group in
    for writer in Int64(0)..<16 {
        group.addTask {
            var number = first + writer
            while true {
                let row = number
                do {
                    try await database.write { batch in
                        let pad = String(repeating: "x", count: Int(row % 300))
                        try batch.execute(
                            "INSERT INTO acknowledged (number, pad) VALUES (\(row), \(pad))")
                        batch.emit("acknowledged", subject: UUID(), [UInt8](pad.utf8))
                    }
                } catch {
                    print(error)
                    endProcess(1)
                }
                let line = Array("\(row)\n".utf8)
                write(STDOUT_FILENO, line, line.count)
                number += 16
            }
        }
    }
}
