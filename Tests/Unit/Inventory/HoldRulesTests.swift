import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Testing
import Wire

@testable import Inventory

private let now = Instant(milliseconds: 1_800_000_000_000)
private let order = UUID(uuid: (1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1))
private let other = UUID(uuid: (2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2))

/// A hold that has a minute left, and ten at most. An order that fenced it did so at epoch 5.
private func hold(_ state: HoldState, order orderId: UUID? = nil) -> Hold {
    var hold = Hold(
        id: UUID(), state: state, eventId: UUID(), owner: "ada", purpose: .checkout, lines: [],
        createdAt: now, ttlMs: nil, expiresAt: now.advanced(byMs: 60_000),
        maxExpiresAt: now.advanced(byMs: 600_000), isBornFenced: false, replaces: nil,
        reference: nil, refusal: nil)
    hold.orderId = orderId
    hold.epoch = orderId == nil ? nil : 5
    hold.committingSince = state == .committing ? now : nil
    return hold
}

/// How a decision ends: the state and the move of stock, `stands`, or the reason against it.
private func outcome(
    _ hold: Hold, _ move: HoldMove, hasRoom: Bool = true, at time: Instant = now
) -> String {
    switch HoldRules.decide(hold, move, now: time, hasRoom: { hasRoom }) {
    case .stands: "stands"
    case .refused(let refusal): refusal.reason.name
    case .becomes(let next, let stock):
        next.state.rawValue + (stock.map { " \($0.action.rawValue)" } ?? "")
    }
}

private func fence(_ orderId: UUID, _ epoch: Int64 = 5) -> Fence {
    Fence(orderId: orderId, epoch: epoch)
}

/// One row of the transition table: a hold, a move, and how it ends.
private struct Row: Sendable, CustomTestStringConvertible {
    let hold: Hold
    let move: HoldMove
    let end: String
    var hasRoom = true

    var testDescription: String { "\(hold.state) \(hold.orderId == nil ? "" : "fenced ")\(move)" }
}

private let begin = HoldMove.beginCommit(fence(order), allowReclaim: true)
private let beginPlain = HoldMove.beginCommit(fence(order), allowReclaim: false)
private let consume = HoldMove.consume(orderId: order)

private let table: [Row] = [
    // BeginCommit
    Row(hold: hold(.active), move: begin, end: "COMMITTING"),
    Row(hold: hold(.active, order: order), move: begin, end: "COMMITTING"),
    Row(hold: hold(.active, order: other), move: begin, end: "HOLD_STATE"),
    Row(hold: hold(.committing, order: order), move: begin, end: "stands"),
    Row(hold: hold(.committing, order: other), move: begin, end: "HOLD_COMMITTING"),
    Row(hold: hold(.expired), move: begin, end: "COMMITTING RECLAIM"),
    Row(hold: hold(.expired), move: begin, end: "HOLD_EXPIRED", hasRoom: false),
    Row(hold: hold(.expired), move: beginPlain, end: "HOLD_EXPIRED"),
    Row(hold: hold(.expired, order: other), move: begin, end: "HOLD_EXPIRED"),
    Row(hold: hold(.released), move: begin, end: "HOLD_RELEASED"),
    Row(hold: hold(.refused), move: begin, end: "HOLD_STATE"),
    Row(hold: hold(.consumed, order: order), move: begin, end: "HOLD_CONSUMED"),
    // ReopenHold
    Row(hold: hold(.committing, order: order), move: .reopen(fence(order)), end: "ACTIVE"),
    Row(hold: hold(.committing, order: other), move: .reopen(fence(order)), end: "HOLD_COMMITTING"),
    Row(hold: hold(.active, order: order), move: .reopen(fence(order)), end: "stands"),
    Row(hold: hold(.active), move: .reopen(fence(order)), end: "HOLD_STATE"),
    Row(hold: hold(.expired, order: order), move: .reopen(fence(order)), end: "stands"),
    Row(hold: hold(.expired), move: .reopen(fence(order)), end: "HOLD_EXPIRED"),
    Row(hold: hold(.released), move: .reopen(fence(order)), end: "HOLD_RELEASED"),
    Row(hold: hold(.refused), move: .reopen(fence(order)), end: "HOLD_STATE"),
    Row(hold: hold(.consumed, order: order), move: .reopen(fence(order)), end: "HOLD_CONSUMED"),
    // ReleaseHold
    Row(hold: hold(.active), move: .release(nil), end: "RELEASED RELEASE"),
    Row(hold: hold(.active), move: .release(fence(order)), end: "RELEASED RELEASE"),
    Row(hold: hold(.active, order: order), move: .release(nil), end: "RELEASED RELEASE"),
    Row(hold: hold(.active, order: other), move: .release(fence(order)), end: "HOLD_STATE"),
    Row(hold: hold(.committing, order: order), move: .release(nil), end: "HOLD_COMMITTING"),
    Row(
        hold: hold(.committing, order: order), move: .release(fence(order)), end: "RELEASED RELEASE"
    ),
    Row(
        hold: hold(.committing, order: other), move: .release(fence(order)),
        end: "HOLD_COMMITTING"),
    Row(hold: hold(.refused), move: .release(nil), end: "stands"),
    Row(hold: hold(.expired), move: .release(nil), end: "stands"),
    // What the saga has given up no late BeginCommit of its own takes again.
    Row(hold: hold(.expired), move: .release(fence(order)), end: "RELEASED"),
    Row(hold: hold(.expired, order: order), move: .release(fence(order)), end: "RELEASED"),
    Row(hold: hold(.expired, order: other), move: .release(fence(order)), end: "stands"),
    Row(hold: hold(.released), move: .release(nil), end: "stands"),
    Row(hold: hold(.consumed, order: order), move: .release(fence(order)), end: "HOLD_CONSUMED"),
    // ConsumeHold
    Row(hold: hold(.committing, order: order), move: consume, end: "CONSUMED SALE"),
    Row(hold: hold(.committing, order: other), move: consume, end: "HOLD_COMMITTING"),
    Row(hold: hold(.consumed, order: order), move: consume, end: "stands"),
    Row(hold: hold(.consumed, order: other), move: consume, end: "HOLD_CONSUMED"),
    Row(hold: hold(.active), move: consume, end: "HOLD_STATE"),
    Row(hold: hold(.active, order: order), move: consume, end: "HOLD_STATE"),
    Row(hold: hold(.expired, order: order), move: consume, end: "HOLD_EXPIRED"),
    Row(hold: hold(.released, order: order), move: consume, end: "HOLD_RELEASED"),
    Row(hold: hold(.refused), move: consume, end: "HOLD_STATE"),
    // ExtendHold
    Row(hold: hold(.active), move: .extend(atLeastMs: 60_000, isOnce: true), end: "stands"),
    Row(hold: hold(.active), move: .extend(atLeastMs: 60_001, isOnce: true), end: "ACTIVE"),
    Row(hold: hold(.active), move: .extend(atLeastMs: 600_000, isOnce: true), end: "ACTIVE"),
    Row(
        hold: hold(.active), move: .extend(atLeastMs: 600_001, isOnce: true),
        end: "HOLD_EXTEND_LIMIT"),
    Row(
        hold: hold(.committing, order: order), move: .extend(atLeastMs: 1, isOnce: true),
        end: "HOLD_COMMITTING"),
    Row(hold: hold(.expired), move: .extend(atLeastMs: 1, isOnce: true), end: "HOLD_EXPIRED"),
    Row(hold: hold(.released), move: .extend(atLeastMs: 1, isOnce: true), end: "HOLD_RELEASED"),
    Row(
        hold: hold(.consumed, order: order), move: .extend(atLeastMs: 1, isOnce: true),
        end: "HOLD_CONSUMED"),
    Row(hold: hold(.refused), move: .extend(atLeastMs: 1, isOnce: true), end: "HOLD_STATE"),
]

@Suite struct HoldRulesTests {
    @Test(arguments: table)
    fileprivate func transition(row: Row) {
        #expect(outcome(row.hold, row.move, hasRoom: row.hasRoom) == row.end)
    }

    @Test(arguments: [HoldState.active, .committing])
    func aLowerEpochIsFencedAndAHigherOneStays(state: HoldState) throws {
        let hold = hold(state, order: order)
        for move in [HoldMove.reopen(fence(order, 4)), .release(fence(order, 4))] {
            #expect(outcome(hold, move) == "FENCED")
        }
        #expect(outcome(hold, .beginCommit(fence(order, 4), allowReclaim: true)) == "FENCED")
        let decision = HoldRules.decide(
            hold, .beginCommit(fence(order, 6), allowReclaim: true), now: now, hasRoom: { true })
        guard case .becomes(let next, nil) = decision else {
            Issue.record("\(decision)")
            return
        }
        #expect(next.epoch == 6)
    }

    @Test func consumingNeedsNoEpoch() {
        var hold = hold(.committing, order: order)
        hold.epoch = .max
        #expect(outcome(hold, consume) == "CONSUMED SALE")
    }

    @Test func theSecondExtensionIsForOperatorsOnly() {
        var hold = hold(.active)
        hold.extensions = 1
        #expect(outcome(hold, .extend(atLeastMs: 90_000, isOnce: true)) == "HOLD_EXTENDED_ONCE")
        #expect(outcome(hold, .extend(atLeastMs: 90_000, isOnce: false)) == "ACTIVE")
    }

    /// Whose answer was lost asks again, a moment later.
    @Test func theSameExtensionAgainIsAnsweredAsBefore() throws {
        let first = HoldRules.decide(
            hold(.active), .extend(atLeastMs: 90_000, isOnce: true), now: now, hasRoom: { true })
        guard case .becomes(let extended, nil) = first else {
            Issue.record("\(first)")
            return
        }
        let later = now.advanced(byMs: 10)
        #expect(outcome(extended, .extend(atLeastMs: 90_000, isOnce: true), at: later) == "stands")
        let more = HoldRules.decide(
            extended, .extend(atLeastMs: 90_001, isOnce: true), now: later, hasRoom: { true })
        guard case .refused(let refusal) = more else {
            Issue.record("\(more)")
            return
        }
        #expect(refusal.reason == .holdExtendedOnce)
        #expect(refusal.detail["latestMs"] == .integer(89_990))
    }

    @Test(arguments: [
        // left before, time passed since the table's now, left after
        (60_000, 0, 120_000), (300_000, 0, 300_000), (60_000, 500_000, 100_000),
    ])
    func reopeningGivesTwoMinutesWithinTheMaximum(
        leftMs: Int64, passedMs: Int64, afterMs: Int64
    ) throws {
        var hold = hold(.committing, order: order)
        hold.expiresAt = now.advanced(byMs: leftMs)
        let time = now.advanced(byMs: passedMs)
        let decision = HoldRules.decide(hold, .reopen(fence(order)), now: time, hasRoom: { true })
        guard case .becomes(let next, nil) = decision else {
            Issue.record("\(decision)")
            return
        }
        #expect(next.state == .active)
        #expect(next.orderId == order)
        #expect(time.millisecondsUntil(try #require(next.expiresAt)) == afterMs)
    }

    @Test func reopeningPastTheMaximumExpires() {
        let hold = hold(.committing, order: order)
        let late = now.advanced(byMs: 600_000)
        #expect(outcome(hold, .reopen(fence(order)), at: late.advanced(byMs: -1)) == "ACTIVE")
        #expect(outcome(hold, .reopen(fence(order)), at: late) == "EXPIRED EXPIRE")
    }

    @Test func numbersAtTheEndsOfTimeDoNotTrap() {
        var hold = hold(.active)
        #expect(outcome(hold, .extend(atLeastMs: .max, isOnce: false)) == "HOLD_EXTEND_LIMIT")
        hold.expiresAt = Instant(milliseconds: .min)
        #expect(hold.isOverdue(at: Instant(milliseconds: .min)))
        hold.expiresAt = Instant(milliseconds: .max)
        #expect(!hold.isOverdue(at: now))
    }
}
