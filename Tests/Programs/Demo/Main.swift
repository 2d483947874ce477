import Lifecycle
import Net
import Processes

@main
struct Main {
    static func main() {
        Interrupt.block()
        do {
            let options = try Options.parse(Array(CommandLine.arguments.dropFirst()))
            try run(options, try EventFile.read(from: options.event))
        } catch {
            Terminal.complain("\(error)")
            endProcess(error is UsageError || error is EventFileError ? 2 : 1)
        }
    }

    private static func run(_ options: Options, _ file: EventFile) throws {
        let loop = try EventLoop()
        let world = World.real(on: loop)
        let folder = try WorkFolder(named: "turnstile-demo")
        let house = try House(in: folder, options, file, world: world, on: TCPNetwork(loop: loop))
        Interrupt.handle { signal in
            house.killAll()
            folder.remove()
            Terminal.complain("interrupted")
            endProcess(128 + signal)
        }
        loop.spawn {
            let demo = Demo(options: options, file: file, house: house, world: world)
            do {
                if try await demo.run() {
                    folder.remove()
                    endProcess(0)
                }
            } catch {
                Terminal.complain("\(error)")
            }
            house.killAll()
            Terminal.complain("databases and logs are kept in \(folder.path)")
            endProcess(1)
        }
        loop.run()
    }
}
