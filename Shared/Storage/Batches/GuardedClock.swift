internal import Lifecycle
import Synchronization

/// The time by which decisions are made: the wall clock, as long as it goes with a clock that
/// cannot be set.
///
/// A wall clock that is suddenly more than 60 s away is ignored at first, with an alarm: neither an
/// operator nor a broken time server makes every hold expire at once. Once it has agreed with
/// itself for three minutes it is believed, forwards and backwards; `order` does it at once. What
/// was decided meanwhile stays, with the time that was said (`ClockRepair`); no fact is dated
/// before one that is there.
final class GuardedClock: Sendable {
    private let world: World
    private let state: Mutex<State>

    private struct State {
        var clock: ClockState
        /// Of the store as its time was last set: what comes from before that counts no more.
        var epoch: Int64 = 0
        var sets = 0
    }

    init(world: World) {
        self.world = world
        let clock = ClockState(wall: world.now, uptime: world.scheduler.uptimeNanoseconds)
        state = Mutex(State(clock: clock))
    }

    /// Goes on from what the store has seen.
    func begin(_ stored: StoreTime) {
        let wall = world.now
        let isBehind = state.withLock { $0.clock.begin(stored, wall: wall) }
        if isBehind, let last = stored.lastBatch { alarm(wall, expected: last) }
    }

    /// For who only reads: what is to be done for the clock is left to the next batch.
    func now() -> Instant { turn(mayWish: false).now }

    /// So many times the store's time was set while this process had it open.
    var sets: Int { state.withLock(\.sets) }

    func turn() -> ClockState.Turn { turn(mayWish: true) }

    private func turn(mayWish: Bool) -> ClockState.Turn {
        let wall = world.now
        let uptime = world.scheduler.uptimeNanoseconds
        let turn = state.withLock { $0.clock.turn(wall: wall, uptime: uptime, mayWish: mayWish) }
        if turn.isJump { alarm(wall, expected: turn.now) }
        return turn
    }

    /// Another process has decided by this time, in this epoch of the store.
    func follow(_ shared: Instant, epoch: Int64) {
        let uptime = world.scheduler.uptimeNanoseconds
        state.withLock { state in
            guard epoch >= state.epoch else { return }
            state.clock.follow(shared, uptime: uptime)
        }
    }

    /// The store's time was set, here or by another instance.
    func set(from before: Instant, to now: Instant, epoch: Int64) {
        let uptime = world.scheduler.uptimeNanoseconds
        state.withLock { state in
            state.epoch = max(state.epoch, epoch)
            state.sets += 1
            state.clock.set(to: now, uptime: uptime)
            state.clock.order(false)
        }
        world.metrics.count("storage.clock_sets")
        world.log.error(
            "clock_set", ["fromMs": before.milliseconds, "toMs": now.milliseconds])
    }

    /// The next batch takes the wall clock's time, whatever it is.
    func order(_ isWanted: Bool = true) { state.withLock { $0.clock.order(isWanted) } }

    private func alarm(_ wall: Instant, expected: Instant) {
        world.metrics.count("storage.clock_jumps")
        world.log.error(
            "clock_jump",
            ["wallMs": wall.milliseconds, "expectedMs": expected.milliseconds])
    }
}
