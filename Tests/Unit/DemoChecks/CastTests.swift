import Support
import Testing

@testable import Demo

struct CastTests {
    private static func roles(_ seed: UInt64, isEarly: Bool, _ count: Int = 60) -> [Role] {
        var cast = Cast()
        let random = SeededRandom(seed: seed)
        return (0..<count).map { _ in cast.next(random, isEarly: isEarly) }
    }

    @Test(arguments: 1...20)
    func sixtyBuyersAreOfEveryKind(_ seed: UInt64) {
        let roles = Self.roles(seed, isEarly: true)
        #expect(Set(roles) == Set(Role.allCases))
        #expect(roles.count { $0 == .oneCall } == 40)
        #expect(roles == Self.roles(seed, isEarly: true))
    }

    @Test func theLastTicketWaitsForNobody() {
        let roles = Self.roles(1, isEarly: false)
        #expect(!roles.contains { $0.isLong || $0.isLate })
        #expect(roles.count { $0 == .oneCall } == 40)
        #expect(roles.count { $0 == .cancels } == 1)
    }

    @Test func whoeverComesLaterIsDealtAnew() {
        var cast = Cast()
        let random = SeededRandom(seed: 1)
        for _ in 0..<7 { _ = cast.next(random, isEarly: true) }
        let later = (0..<60).map { _ in cast.next(random, isEarly: false) }
        #expect(!later.contains(.abandons) && later.count { $0 == .pays } == 10)
    }

    @Test func whoseMoneyComesLateIsKnown() {
        let late = Role.allCases.filter(\.isLate)
        #expect(late == [.paysLate, .cancelsAndPaysLate])
        #expect(Role.allCases.allSatisfy { ($0 == .oneCall) == $0.moves.isEmpty })
    }
}
