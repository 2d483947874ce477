import Lifecycle
import Support

/// How the proxy treats one connection: a trouble of the connection itself at one of its frames,
/// and a rate of one kind of trouble with frames. Some connections have neither.
struct Temper: Sendable {
    enum Mood: Sendable { case calm, rough }

    /// What happens once, at a frame.
    private(set) var trouble: (harm: Harm, atFrame: Int)?
    /// What happens to frames, in ten thousand.
    private(set) var habit: (harm: Harm, rate: UInt64)?

    private static let troubles: [Harm] = [.cut, .dribble, .halfClosed, .reset]
    private static let habits: [(Harm, UInt64)] = [
        (.replyHeld, 1_000), (.requestDropped, 400), (.replyDropped, 400), (.frameDoubled, 500),
        (.framesSwapped, 1_500), (.wrongID, 300),
    ]

    /// One that always meets the same.
    init(always harm: Harm, atFrame: Int, rate: UInt64) {
        if Self.troubles.contains(harm) {
            trouble = (harm, atFrame)
        } else {
            habit = (harm, rate)
        }
    }

    init(_ random: SeededRandom, _ mood: Mood) {
        guard mood == .rough else { return }
        if random.below(3) > 0 {
            let harm = Self.troubles[Int(random.below(UInt64(Self.troubles.count)))]
            // Often early, in the hello or soon after it.
            let most: UInt64 = random.below(3) == 0 ? 8 : 300
            trouble = (harm, 1 + Int(random.below(most)))
        }
        if random.below(3) > 0 {
            let (harm, most) = Self.habits[Int(random.below(UInt64(Self.habits.count)))]
            habit = (harm, 1 + random.below(most))
        }
    }

    /// What happens to the connection's frame of this number.
    func trouble(at frame: Int) -> Harm? { trouble?.atFrame == frame ? trouble?.harm : nil }

    /// What happens to a request or a reply.
    func habit(of kind: FrameKind, _ random: SeededRandom) -> Harm? {
        guard let habit, random.below(10_000) < habit.rate else { return nil }
        switch habit.harm {
        case .replyHeld, .replyDropped, .wrongID: return kind == .reply ? habit.harm : nil
        case .requestDropped: return kind == .request ? habit.harm : nil
        default: return habit.harm
        }
    }
}

/// What the proxy tells apart: the first elements of a frame's array (README: the protocol).
enum FrameKind: Sendable {
    case request, reply, other

    /// `frame` has its header of four bytes, and a CBOR array whose first element is small.
    init(_ frame: [UInt8]) {
        switch frame.count > 5 ? frame[5] : 0 {
        case 1: self = .request
        case 2: self = .reply
        default: self = .other
        }
    }
}
