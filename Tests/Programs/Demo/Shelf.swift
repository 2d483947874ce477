import Contracts
import FoundationEssentials
import Lifecycle

/// What buyers believe is left: the last answer about availability, less what has been asked for
/// since. It may be wrong in both directions; Inventory decides.
struct Shelf: Sendable {
    private let types: [Offer.TicketType]
    private let singlesBelow: Int64
    private let buyers: Int64
    /// Of each type with an allocation; nil for one that has what the others leave of the event.
    private var allocated: [Int64?]
    private(set) var eventLeft: Int64
    /// Neither on the shelf nor sold.
    private(set) var held: Int64 = 0
    private var isAskedForTwice = false

    /// From the last fiftieth on, or twice as many tickets as there are buyers, buyers take single
    /// tickets, so that the last one can be sold.
    init(_ offer: Offer, buyers: Int) {
        types = offer.types
        eventLeft = offer.places
        allocated = offer.types.map(\.entry.allocation)
        singlesBelow = max(offer.places / 50, Int64(buyers) * 2)
        self.buyers = Int64(buyers)
    }

    /// What Inventory says is left now.
    mutating func refresh(_ reply: AvailabilityReply) {
        for (index, type) in types.enumerated() where allocated[index] != nil {
            let stock = reply.types.first { $0.ticketTypeId == type.id }
            allocated[index] = stock?.available ?? allocated[index]
        }
        eventLeft = reply.event.available ?? allocated.reduce(0) { $0 + ($1 ?? 0) }
        held = reply.event.held
    }

    private func left(_ index: Int) -> Int64 {
        allocated[index] ?? allocated.reduce(eventLeft) { $0 - ($1 ?? 0) }
    }

    /// Takes off the shelf what one buyer wants next; nil when nothing seems to be left. Once there
    /// are fewer tickets than buyers, two of them reach for each.
    mutating func take(_ random: any RandomSource) -> [HoldLine]? {
        guard eventLeft > 0, let first = choose(random, except: nil) else { return nil }
        isAskedForTwice = eventLeft <= buyers && mayCrowd(first) && !isAskedForTwice
        if isAskedForTwice { return [HoldLine(ticketTypeId: types[first].id, quantity: 1)] }
        guard eventLeft > singlesBelow else { return [take(1, of: first)] }
        let wanted = min(Self.quantity(random), eventLeft)
        let isMixed = wanted > 1 && random.below(100) < 30
        let second = isMixed ? choose(random, except: first) : nil
        let forSecond = second == nil ? 0 : 1 + Int64(random.below(UInt64(wanted - 1)))
        var lines = [take(wanted - forSecond, of: first)]
        if let second { lines.append(take(forSecond, of: second)) }
        return lines
    }

    /// Whoever asks for too many of a type without an allocation takes them away from the others.
    private func mayCrowd(_ index: Int) -> Bool {
        allocated[index] != nil || allocated.allSatisfy { $0 == nil }
    }

    /// One to eight tickets; couples are the most.
    private static func quantity(_ random: any RandomSource) -> Int64 {
        let outOfHundred: [(UInt64, Int64)] = [
            (16, 1), (40, 2), (12, 3), (18, 4), (5, 5), (5, 6), (1, 7), (3, 8),
        ]
        var draw = random.below(100)
        for (share, quantity) in outOfHundred {
            if draw < share { return quantity }
            draw -= share
        }
        return 1
    }

    private mutating func take(_ wanted: Int64, of index: Int) -> HoldLine {
        let quantity = max(1, min(wanted, types[index].maxPerOrder, left(index)))
        if let left = allocated[index] { allocated[index] = left - quantity }
        eventLeft -= quantity
        return HoldLine(ticketTypeId: types[index].id, quantity: quantity)
    }

    /// One of the types that are left, by demand.
    private func choose(_ random: any RandomSource, except: Int?) -> Int? {
        let open = types.indices.filter { $0 != except && left($0) > 0 }
        var draw = Int64(random.below(UInt64(open.reduce(0) { $0 + types[$1].demand })))
        for index in open {
            draw -= types[index].demand
            if draw < 0 { return index }
        }
        return open.last
    }
}
