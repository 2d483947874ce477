import Contracts
import Support
import Testing

@testable import Demo

struct ShelfTests {
    @Test(arguments: 1...50)
    func everythingIsTakenOnceWithinTheLimits(_ seed: UInt64) throws {
        let file = try EventFile.parse(
            """
            {"title": "T", "startsInDays": 1, "currency": "EUR", "capacity": 500,
             "ticketTypes": [
                {"name": "A", "price": 1, "allocation": 120, "maxPerOrder": 4},
                {"name": "B", "price": 1, "allocation": 30, "maxPerOrder": 2, "demand": 1},
                {"name": "C", "price": 1}
             ]}
            """)
        let offer = Offer(file, world: TestWorld(seed: seed).world)
        var shelf = Shelf(offer, buyers: 8)
        let random = SeededRandom(seed: seed)
        var taken = [Int64](repeating: 0, count: 3)
        var before = shelf.eventLeft
        while before > 0, let lines = shelf.take(random) {
            defer { before = shelf.eventLeft }
            // Still there, because somebody else will ask for it too.
            guard shelf.eventLeft < before else { continue }
            #expect((1...8).contains(lines.reduce(0) { $0 + $1.quantity }))
            if before <= 16 { #expect(lines.count == 1 && lines[0].quantity == 1) }
            for line in lines {
                let index = try #require(offer.types.firstIndex { $0.id == line.ticketTypeId })
                #expect((1...offer.types[index].maxPerOrder).contains(line.quantity))
                taken[index] += line.quantity
            }
        }
        #expect(taken.reduce(0, +) == 500)
        #expect(taken[0] <= 120 && taken[1] <= 30)
    }

    @Test func moreBuyersThanTicketsAskForTheLastOnes() throws {
        let sale = try SampleSale()
        var shelf = Shelf(sale.offer, buyers: 3)
        let random = SeededRandom(seed: 1)
        var asked = 0
        while let lines = shelf.take(random) { asked += lines.count }
        #expect(asked == 2 + 3 * 2)
    }

    @Test func anAnswerFromInventoryReplacesWhatWasBelieved() throws {
        let sale = try SampleSale()
        var shelf = Shelf(sale.offer, buyers: 1)
        shelf.refresh(sale.stock(sold: [3, 2]))
        #expect(shelf.take(SeededRandom(seed: 1)) == nil)
    }
}
