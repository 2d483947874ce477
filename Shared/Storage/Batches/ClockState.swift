internal import Lifecycle

/// How the time of a store goes: with the wall clock as long as that is sound, else with the time
/// since the machine started, which nobody can set. Pure: both clocks are read by whoever asks.
struct ClockState {
    /// A wall clock that is farther away than this is in doubt.
    static let toleratedMs: Int64 = 60_000
    /// A wall clock that has gone with the time since start for so long is believed.
    static let believedAfterMs: Int64 = 180_000
    /// What a time server corrects in that time is no jump.
    private static let driftMs: Int64 = 1_000
    private static let askedEveryMs: UInt64 = 10_000
    private static let notedEveryMs: UInt64 = 60_000

    /// What the next batch does for the clock.
    enum Wish: Equatable {
        /// Sets the store's time; at once when an operator has ordered it, or nothing speaks
        /// against it, and otherwise if the others who share the store see the same.
        case set(Instant, isOrdered: Bool)
        /// Notes that the time is known to be right.
        case note
    }

    struct Turn {
        let now: Instant
        let wish: Wish?
        /// The wall clock was sound until now.
        let isJump: Bool
    }

    private var base: Instant
    private var uptime: UInt64
    private var isFar = false
    private var isOrdered = false
    private var isSlow = false
    /// The wall clock's distance from the time since start, and since when it is that.
    private var wallOffsetMs: Int64
    private var steadySince: UInt64
    private var nextAsked: UInt64 = 0
    private var nextNoted: UInt64 = 0

    init(wall: Instant, uptime: UInt64) {
        base = wall
        self.uptime = uptime
        wallOffsetMs = Self.offset(wall, uptime)
        steadySince = uptime
    }

    /// Goes on from what a store has seen before; true when the wall clock is far behind that.
    ///
    /// A store that was ahead for a moment, which no steady clock confirms, is set right at once.
    mutating func begin(_ stored: StoreTime, wall: Instant) -> Bool {
        guard let last = stored.lastBatch else { return false }
        let aheadMs = last.millisecondsUntil(wall)
        // The time since is not known, but to those who have gone on meanwhile.
        if aheadMs >= 0 {
            if stored.isSharedNow, aheadMs > Self.toleratedMs { base = last }
            return false
        }
        base = last
        isFar = aheadMs < -Self.toleratedMs
        isOrdered = isFar && !stored.isSharedNow && wall >= stored.known
        return isFar
    }

    /// The time, and whether something is to be done for it.
    mutating func turn(wall: Instant, uptime: UInt64, mayWish: Bool) -> Turn {
        observe(wall, uptime)
        let expected = time(at: uptime)
        let aheadMs = expected.millisecondsUntil(wall)
        let wasFar = isFar
        isFar = aheadMs.magnitude > UInt64(Self.toleratedMs)
        let wish = mayWish ? wish(wall, uptime) : nil
        defer { isSlow = isSlow && !isFar && aheadMs < 0 && isSteady(uptime) }
        if isFar { return Turn(now: expected, wish: wish, isJump: !wasFar) }
        if aheadMs >= 0 {
            set(to: wall, uptime: uptime)
        } else if isSteady(uptime) {
            slow(uptime)
        }
        return Turn(now: time(at: uptime), wish: wish, isJump: false)
    }

    /// Another process has decided by this time: nothing here is decided by an earlier one.
    mutating func follow(_ shared: Instant, uptime: UInt64) {
        if time(at: uptime) < shared { set(to: shared, uptime: uptime) }
    }

    /// The time is this from now on, be it later or earlier than before.
    mutating func set(to now: Instant, uptime: UInt64) {
        base = now
        self.uptime = uptime
        isSlow = false
    }

    /// An operator wants the wall clock's time, or does not any more.
    mutating func order(_ isWanted: Bool) { isOrdered = isWanted }

    // MARK: The wall clock

    private mutating func observe(_ wall: Instant, _ uptime: UInt64) {
        let offset = Self.offset(wall, uptime)
        let (moved, overflow) = offset.subtractingReportingOverflow(wallOffsetMs)
        guard overflow || moved.magnitude > UInt64(Self.driftMs) else { return }
        wallOffsetMs = offset
        steadySince = uptime
    }

    private func isSteady(_ uptime: UInt64) -> Bool {
        uptime >= steadySince
            && (uptime - steadySince) / 1_000_000 >= UInt64(Self.believedAfterMs)
    }

    private mutating func wish(_ wall: Instant, _ uptime: UInt64) -> Wish? {
        if isOrdered { return .set(wall, isOrdered: true) }
        guard isSteady(uptime) else { return nil }
        if isFar {
            guard uptime >= nextAsked else { return nil }
            nextAsked = uptime + Self.askedEveryMs * 1_000_000
            return .set(wall, isOrdered: false)
        }
        guard uptime >= nextNoted else { return nil }
        nextNoted = uptime + Self.notedEveryMs * 1_000_000
        return .note
    }

    private static func offset(_ wall: Instant, _ uptime: UInt64) -> Int64 {
        wall.advanced(byMs: -Int64(clamping: uptime / 1_000_000)).milliseconds
    }

    // MARK: The time since

    private func time(at uptime: UInt64) -> Instant {
        base.advanced(byMs: Int64(clamping: passedMs(uptime)))
    }

    private func passedMs(_ uptime: UInt64) -> UInt64 {
        uptime > self.uptime ? (uptime - self.uptime) / 1_000_000 : 0
    }

    /// A little ahead of a sound wall clock: the time goes half as fast until that has caught up.
    private mutating func slow(_ uptime: UInt64) {
        guard isSlow else {
            set(to: time(at: uptime), uptime: uptime)
            isSlow = true
            return
        }
        let halfMs = passedMs(uptime) / 2
        base = base.advanced(byMs: Int64(clamping: halfMs))
        // What is left over counts next time, but the time never runs ahead between two looks.
        self.uptime = halfMs == 0 ? self.uptime : uptime
    }
}
