import FoundationEssentials
import Fuzz
import Glibc

/// Keeps one house for some inputs and then makes another, so that it stays small. The inputs that
/// a house has seen are in a file, because the last of them may not be enough to repeat what it
/// found.
final class HouseKeeper {
    /// After how many inputs of a house its books are checked.
    private static let checkEvery = 16
    private static let mostIDs = 48

    private let mostInputs: Int
    private var house: House?
    private var inputs = 0
    private(set) var ids: [UUID] = []
    private let history = History()

    /// - Parameter mostInputs: how many inputs a house sees.
    init(mostInputs: Int) { self.mostInputs = mostInputs }

    /// The house that an input meets; it is written down first.
    func house(for input: [UInt8]) throws -> House {
        if inputs == mostInputs {
            try house?.close()
            house = nil
        }
        let house = try house ?? newHouse()
        inputs += 1
        history.append(input)
        return house
    }

    private func newHouse() throws -> House {
        let new = try House.open()
        house = new
        inputs = 0
        // Those that nothing stands behind yet are for what the calls make.
        ids =
            (1...12).map(House.id) + [House.event, House.type, House.freeEvent, House.freeType]
        history.clear()
        return new
    }

    var isCheckDue: Bool { inputs % Self.checkEvery == 0 }

    /// The newest ids take the places of older ones, but not of the first.
    func keep(_ new: [UUID]) {
        for id in new where !ids.contains(id) {
            if ids.count == Self.mostIDs { ids.remove(at: 16) }
            ids.append(id)
        }
    }
}

/// The inputs of the house so far, each behind its length in four bytes: what `fuzz --history`
/// repeats. It is there as long as `TURNSTILE_FUZZ_HISTORY` names a file.
private final class History {
    private let file: CInt

    init() {
        file =
            getenv("TURNSTILE_FUZZ_HISTORY").map { open($0, O_WRONLY | O_CREAT | O_TRUNC, 0o644) }
            ?? -1
    }

    func clear() {
        guard file >= 0 else { return }
        ftruncate(file, 0)
        lseek(file, 0, SEEK_SET)
    }

    func append(_ input: [UInt8]) {
        guard file >= 0 else { return }
        let header = withUnsafeBytes(of: UInt32(input.count).bigEndian) { Array($0) }
        let bytes = header + input
        _ = bytes.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
    }
}
