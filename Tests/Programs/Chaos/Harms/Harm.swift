import Synchronization

/// What is done to the three services and to the connections between them: a class each.
enum Harm: String, CaseIterable, Sendable {
    // By the supervisor.
    case killAtStep = "kill -9 at a place of a saga"
    case killOne = "kill -9 of one service"
    case killSeveral = "kill -9 of two or three services at once"
    case killAgain = "kill -9 again within 300 ms of the start"
    case pause = "SIGSTOP for 1 to 8 s, SIGCONT"
    case drain = "SIGTERM under load"
    case drainCut = "SIGTERM, and SIGKILL a second later"
    case clockJump = "clock jump of one service, 1 s to 1 h"
    case providerAway = "provider away"
    case databaseCrash = "server crashed, and started again"
    case partition = "partition, both ways"
    case oneWay = "partition, one way"
    // By the proxy between the parties.
    case cut = "connection cut in the middle of a frame"
    case dribble = "connection that dribbles, byte by byte"
    case replyHeld = "reply held, and released late"
    case requestDropped = "request dropped"
    case replyDropped = "reply dropped"
    case frameDoubled = "frame doubled"
    case framesSwapped = "neighbouring frames swapped"
    case wrongID = "reply with a wrong id"
    case halfClosed = "connection half closed"
    case reset = "connection reset"

    /// Whether it ends a process with SIGKILL.
    var isKill: Bool {
        [.killAtStep, .killOne, .killSeveral, .killAgain, .drainCut].contains(self)
    }
}

/// What was done in a round, by class.
final class Toll: Sendable {
    private struct State {
        var injected: [Harm: Int] = [:]
        var kills = 0
        /// How often each place of a saga was died at.
        var places: [String: Int] = [:]
    }

    private let state = Mutex(State())

    var injected: [Harm: Int] { state.withLock { $0.injected } }
    /// Processes that SIGKILL ended.
    var kills: Int { state.withLock { $0.kills } }
    var places: [String: Int] { state.withLock { $0.places } }

    func add(_ harm: Harm, kills: Int = 0) {
        state.withLock {
            $0.injected[harm, default: 0] += 1
            $0.kills += kills
        }
    }

    func died(at place: String) {
        add(.killAtStep, kills: 1)
        state.withLock { $0.places[place, default: 0] += 1 }
    }

    /// A kill on the way to something else.
    func addKill() { add(.killOne, kills: 1) }
}
