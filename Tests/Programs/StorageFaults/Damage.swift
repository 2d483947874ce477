import Disk
import Lifecycle
import Support

/// One thing that a failing disk does to one file between a stop and a start.
enum Damage: Sendable {
    case flip(file: String, offset: Int, bit: UInt8)
    case truncate(file: String, to: Int)
    /// A run of sectors that reads as zeros.
    case zeros(file: String, from: Int, count: Int)
    case lose(file: String)

    /// A bit of any byte.
    static func flip(in image: DiskImage, _ random: SeededRandom) -> Damage? {
        guard let (file, offset) = place(in: image, random) else { return nil }
        return .flip(file: file, offset: offset, bit: UInt8(random.below(8)))
    }

    static func tear(_ image: DiskImage, _ random: SeededRandom) -> Damage? {
        guard let (file, offset) = place(in: image, random) else { return nil }
        let sector = offset / 512 * 512
        switch random.below(6) {
        case 0: return .lose(file: file)
        case 1: return .truncate(file: file, to: 0)
        case 2: return .truncate(file: file, to: offset)
        case 3: return .truncate(file: file, to: offset / 4096 * 4096)
        default: return .zeros(file: file, from: sector, count: 512 << Int(random.below(5)))
        }
    }

    private static func place(
        in image: DiskImage, _ random: SeededRandom
    ) -> (file: String, offset: Int)? {
        let files = image.files.filter { !$0.value.isEmpty }.sorted { $0.key < $1.key }
        let total = files.reduce(0) { $0 + $1.value.count }
        guard total > 0 else { return nil }
        var offset = Int(random.below(UInt64(total)))
        for (name, bytes) in files {
            if offset < bytes.count { return (name, offset) }
            offset -= bytes.count
        }
        return nil
    }

    func apply(to image: inout DiskImage) {
        switch self {
        case .flip(let file, let offset, let bit): image.files[file]?[offset] ^= 1 << bit
        case .truncate(let file, let size): image.files[file]?.removeSubrange(size...)
        case .lose(let file): image.files[file] = nil
        case .zeros(let file, let from, let count):
            let end = min(from + count, image.files[file]?.count ?? 0)
            for offset in from..<end { image.files[file]?[offset] = 0 }
        }
    }
}
