import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Storage
import Synchronization

/// The one answer about what can be had of each event: made once after a change, encoded once, and
/// given to everybody who asks, without a task, a thread or a query.
///
/// An answer stands until its event is marked, by a commit of this process, or until something
/// changes by time alone. Another process that shares the store marks nothing here: an answer is
/// then at most 100 ms old. Reserve never looks here.
final class Board: Sendable {
    /// What was made for an event.
    final class Answer: Sendable {
        let reply: EncodedReply<AvailabilityReply>
        let stamp: Int64
        let isDraft: Bool
        let from: Instant
        let until: Instant?
        let madeAt: UInt64

        init(_ availability: Availability, at madeAt: UInt64) {
            let time = availability.reply.serverTime
            reply = EncodedReply(availability.reply, endingWith: time)
            stamp = availability.reply.stamp
            isDraft = availability.isDraft
            from = time
            until = availability.until
            self.madeAt = madeAt
        }
    }

    private struct Slot {
        /// Rises with each mark.
        var version: UInt64 = 0
        var answer: Answer?
        /// The version when the answer began to be made.
        var answered: UInt64 = 0
        var isBeingMade = false
        /// Those who wait until it is.
        var waiting: [UnsafeContinuation<Made?, Never>] = []
        var usedAt: UInt64 = 0
    }

    /// What came of it, of which version.
    private struct Made: Sendable {
        let version: UInt64
        let answer: Result<Answer, any Error>
    }

    private enum Turn {
        case answer(Answer)
        case make(version: UInt64)
        case wait
    }

    private static let mostSlots = 256
    private static let sharedNanoseconds: UInt64 = 100_000_000

    private let world: World
    private let database: Database
    private let slots = Mutex<[UUID: Slot]>([:])
    private let watchers: AvailabilityWatchers

    init(world: World, database: Database) {
        self.world = world
        self.database = database
        watchers = AvailabilityWatchers(world: world, database: database)
        database.onChange { [weak self] in self?.mark($0) }
    }

    // MARK: Asking

    /// The answer that is at hand; nil when it must be made. What is for one owner is always made,
    /// and so is what Orders asks, which compares what it sold with what is stored.
    func answer(
        _ request: GetAvailabilityRequest, _ call: CallContext
    ) throws -> EncodedReply<AvailabilityReply>? {
        guard request.owner == nil, !call.roles.contains(.orders) else { return nil }
        let (now, uptime) = (database.now, world.scheduler.uptimeNanoseconds)
        let answer = slots.withLock { slots -> Answer? in
            guard let index = slots.index(forKey: request.eventId) else { return nil }
            slots.values[index].usedAt = uptime
            return standing(slots.values[index], now: now, uptime: uptime)
        }
        return try answer.map { try $0.shown(to: call, of: request.eventId).at(now) }
    }

    /// The same, made if need be.
    func get(
        _ request: GetAvailabilityRequest, _ call: CallContext
    ) async throws -> EncodedReply<AvailabilityReply> {
        guard request.owner != nil || call.roles.contains(.orders) else {
            let answer = try await answer(of: request.eventId)
            return try answer.shown(to: call, of: request.eventId).at(database.now)
        }
        let answer = Answer(try await read(request.eventId, owner: request.owner), at: 0)
        return try answer.shown(to: call, of: request.eventId)
    }

    /// The answer once it is another than the caller has, or when their time is over.
    func watch(
        _ request: WatchAvailabilityRequest, _ call: CallContext
    ) async throws -> EncodedReply<AvailabilityReply> {
        let event = request.eventId
        let first = try await answer(of: event)
        _ = try first.shown(to: call, of: event)
        let waitMs = call.waitMs(request.waitMs ?? .max, on: world.scheduler)
        let isNews = first.stamp != request.since
        let make: AvailabilityWatchers.Make = { [weak self] in try await self?.answerOfNow(event) }
        guard waitMs > 0, !isNews || !watchers.mayTell(of: event, make: make) else {
            return first.reply.at(database.now)
        }
        let watch = watchers.watch(event, since: request.since, make: make)
        defer { watch.cancel() }
        // What has changed since, before anybody watched.
        let second = isNews ? first : try await answer(of: event)
        watchers.look(at: event, again: second.until)
        // Where others may write, what still stands may be older than what they wrote.
        if isNews || second.stamp != request.since || database.isShared {
            watchers.changed([event])
        }
        let news = await watch.value(withinMs: waitMs)
        if let news { return news.reply.at(database.now) }
        return try await answer(of: event).reply.at(database.now)
    }

    // MARK: Making

    /// Events that a commit has touched: their answers stand no longer, and whoever watches them is
    /// told.
    private func mark(_ events: [UUID]) {
        slots.withLock { slots in
            for event in events {
                guard let index = slots.index(forKey: event) else { continue }
                slots.values[index].version += 1
            }
        }
        watchers.changed(events)
    }

    /// An answer that holds all that was committed before it was asked for. One is made at a time;
    /// who comes meanwhile waits for it, and for one more if a commit came after it was begun.
    ///
    /// - Parameter asked: the uptime that it must have been made after, whatever is marked.
    private func answer(of event: UUID, since asked: UInt64 = 0) async throws -> Answer {
        let needed = slots.withLock { $0[event]?.version ?? 0 }
        while true {
            switch begin(event, asked) {
            case .answer(let answer): return answer
            case .make(let version): return try await make(event, version)
            case .wait:
                guard let made = await wait(for: event), made.version >= needed else { continue }
                let answer = try made.answer.get()
                if answer.madeAt >= asked { return answer }
            }
        }
    }

    /// The same for those who watch. Where others may write, what is kept may be older than what
    /// they are to be told of.
    private func answerOfNow(_ event: UUID) async throws -> Answer {
        let now = world.scheduler.uptimeNanoseconds
        return try await answer(of: event, since: database.isShared ? now : 0)
    }

    private func begin(_ event: UUID, _ asked: UInt64) -> Turn {
        let (now, uptime) = (database.now, world.scheduler.uptimeNanoseconds)
        return slots.withLock { slots in
            if slots[event] == nil { makeRoom(in: &slots) }
            var slot = slots[event] ?? Slot()
            slot.usedAt = uptime
            defer { slots[event] = slot }
            if let answer = standing(slot, now: now, uptime: uptime), answer.madeAt >= asked {
                return .answer(answer)
            }
            guard !slot.isBeingMade else { return .wait }
            slot.isBeingMade = true
            return .make(version: slot.version)
        }
    }

    private func make(_ event: UUID, _ version: UInt64) async throws -> Answer {
        let madeAt = world.scheduler.uptimeNanoseconds
        do {
            let answer = Answer(try await read(event, owner: nil), at: madeAt)
            end(event, Made(version: version, answer: .success(answer)))
            return answer
        } catch {
            end(event, Made(version: version, answer: .failure(error)))
            throw error
        }
    }

    private func end(_ event: UUID, _ made: Made) {
        let waiting = slots.withLock { slots in
            guard var slot = slots[event] else { return [UnsafeContinuation<Made?, Never>]() }
            let waiting = slot.waiting
            slot.waiting = []
            slot.isBeingMade = false
            switch made.answer {
            case .success(let answer):
                (slot.answer, slot.answered) = (answer, made.version)
                slots[event] = slot
            case .failure:
                // What nobody has marked since is not kept: the id may be anything.
                slots[event] = slot.version == made.version ? nil : slot
            }
            return waiting
        }
        world.scheduler.gather { for waiter in waiting { waiter.resume(returning: made) } }
    }

    /// Nil when it has been made meanwhile.
    private func wait(for event: UUID) async -> Made? {
        await withUnsafeContinuation { (waiter: UnsafeContinuation<Made?, Never>) in
            let isWaiting = slots.withLock { slots in
                guard slots[event]?.isBeingMade == true else { return false }
                slots[event]?.waiting.append(waiter)
                return true
            }
            if !isWaiting { waiter.resume(returning: nil) }
        }
    }

    private func read(_ event: UUID, owner: String?) async throws -> Availability {
        let found = try await database.read {
            try AvailabilityQueries.availability(of: event, owner: owner, in: $0)
        }
        guard let found else { throw RPCError.unknown(.event, event) }
        return found
    }

    /// A clock that was set back makes what was made later untrue.
    private func standing(_ slot: Slot, now: Instant, uptime: UInt64) -> Answer? {
        guard let answer = slot.answer, slot.answered == slot.version, answer.from <= now,
            answer.until.map({ now < $0 }) ?? true,
            !database.isShared || uptime - answer.madeAt < Self.sharedNanoseconds
        else { return nil }
        return answer
    }

    /// Of what nobody watches, what was not asked for the longest goes.
    private func makeRoom(in slots: inout [UUID: Slot]) {
        guard slots.count >= Self.mostSlots else { return }
        let idle = slots.filter { !$0.value.isBeingMade && !watchers.areAny(of: $0.key) }
            .sorted { ($0.value.usedAt, $0.key) < ($1.value.usedAt, $1.key) }
        for slot in idle.prefix(max(0, idle.count + 1 - Self.mostSlots)) { slots[slot.key] = nil }
    }
}

extension Board.Answer {
    /// Buyers don't see drafts. Orders does: it compares what it sold, whatever has become of the
    /// event.
    fileprivate func shown(
        to call: CallContext, of event: UUID
    ) throws -> EncodedReply<AvailabilityReply> {
        guard !isDraft || call.isStaff || call.roles.contains(.orders) else {
            throw RPCError.unknown(.event, event)
        }
        return reply
    }
}
