import FoundationEssentials
import Lifecycle
import Support
import Testing

@testable import Storage

@Suite struct NewestKeysTests {
    private static func key(_ number: UInt16) -> UUID {
        UUID(
            uuid: (
                UInt8(number >> 8), UInt8(number & 255), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1
            ))
    }

    @Test func nothingIsKnownBeforeItBegins() {
        var keys = NewestKeys()
        #expect(!keys.isKnown && !keys.lacks(Self.key(1)))
        keys.insert(Self.key(1))
        keys.begin(above: nil)
        #expect(keys.isKnown && keys.lacks(Self.key(1)))
    }

    @Test func aKeyBelowAnotherThatCameBeforeIsStillNew() {
        var keys = NewestKeys()
        keys.begin(above: Self.key(10))
        keys.insert(Self.key(30))
        #expect(keys.lacks(Self.key(20)) && keys.lacks(Self.key(40)))
        #expect(!keys.lacks(Self.key(30)))
        // What lay there before must be looked up.
        #expect(!keys.lacks(Self.key(10)) && !keys.lacks(Self.key(5)))
    }

    /// Against a plain set: it may not know, but it is never wrong.
    @Test func itForgetsTheOldestAndIsNeverWrong() {
        let random = SeededRandom(seed: 7)
        var keys = NewestKeys()
        keys.begin(above: Self.key(100))
        var stored = Set<UUID>()
        var wereNew = 0
        for step in UInt16(0)..<20_000 {
            let key = Self.key(101 + step + UInt16(random.below(64)))
            if keys.lacks(key) {
                #expect(!stored.contains(key))
                wereNew += 1
            }
            keys.insert(key)
            stored.insert(key)
        }
        #expect(wereNew == stored.count)
    }
}
