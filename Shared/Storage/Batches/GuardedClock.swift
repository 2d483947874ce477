internal import Lifecycle
import Synchronization

/// The time by which decisions are made: the wall clock, but never earlier than the last decision
/// plus the time that passed since on a clock that cannot be set.
///
/// A wall clock more than 60 s away from that is ignored, with an alarm: neither an operator nor a
/// broken time server makes every hold expire at once.
final class GuardedClock: Sendable {
    private static let toleratedMs: Int64 = 60_000

    private struct State {
        var base: Instant
        var uptime: UInt64
        var isAlarmed = false
    }

    private let world: World
    private let state: Mutex<State>

    /// `stored` is the time of the last batch of the process before, if there was one.
    init(world: World, stored: Instant?) {
        self.world = world
        let wall = world.now
        let base = max(wall, stored ?? wall)
        state = Mutex(State(base: base, uptime: world.scheduler.uptimeNanoseconds))
        if wall.millisecondsUntil(base) > Self.toleratedMs { alarm(wall, expected: base) }
    }

    func now() -> Instant {
        let wall = world.now
        let uptime = world.scheduler.uptimeNanoseconds
        let (now, jumped): (Instant, Bool) = state.withLock { state in
            let passed = uptime > state.uptime ? (uptime - state.uptime) / 1_000_000 : 0
            let expected = state.base.advanced(byMs: Int64(clamping: passed))
            let ahead = expected.millisecondsUntil(wall)
            let isFar = abs(Double(ahead)) > Double(Self.toleratedMs)
            defer { state.isAlarmed = isFar }
            if isFar { return (expected, !state.isAlarmed) }
            guard ahead > 0 else { return (expected, false) }
            state.base = wall
            state.uptime = uptime
            return (wall, false)
        }
        if jumped { alarm(wall, expected: now) }
        return now
    }

    /// Another process has decided by this time: nothing here is decided by an earlier one.
    func follow(_ shared: Instant) {
        let uptime = world.scheduler.uptimeNanoseconds
        state.withLock { state in
            let passed = uptime > state.uptime ? (uptime - state.uptime) / 1_000_000 : 0
            guard state.base.advanced(byMs: Int64(clamping: passed)) < shared else { return }
            state.base = shared
            state.uptime = uptime
        }
    }

    private func alarm(_ wall: Instant, expected: Instant) {
        world.metrics.count("storage.clock_jumps")
        world.log.error(
            "clock_jump",
            ["wallMs": wall.milliseconds, "expectedMs": expected.milliseconds])
    }
}
