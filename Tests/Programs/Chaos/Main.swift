import Lifecycle
import Net
import Processes

@main
struct Main {
    static func main() async {
        do {
            let arguments = Array(CommandLine.arguments.dropFirst())
            let options = try Options.parse(arguments)
            PrivateNetwork.enter(arguments)
            let reports = try await Campaign(options).run()
            let table = Table(reports, isOnPostgreSQL: options.postgresql != nil)
            Terminal.say(options.json ? table.json : table.text)
            endProcess(table.violations == 0 ? 0 : 1)
        } catch {
            Terminal.note("chaos: \(error)")
            endProcess(2)
        }
    }
}
