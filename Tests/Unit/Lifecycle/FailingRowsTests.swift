import Lifecycle
import Support
import Testing

@Suite struct FailingRowsTests {
    struct Broken: Error {}

    @Test func eachFailureDoublesThePauseAndASuccessEndsIt() throws {
        let test = TestWorld()
        let rows = FailingRows<Int>("row", world: test.world)
        for pauseMs in [1_000, 2_000, 4_000] as [Int64] {
            rows.failed(7, Broken())
            #expect(rows.isSetAside(7) && !rows.isSetAside(8))
            test.scheduler.advance(ms: pauseMs - 1)
            #expect(rows.isSetAside(7))
            test.scheduler.advance(ms: 1)
            #expect(!rows.isSetAside(7))
        }
        for _ in 0..<80 { rows.setAside(7) }
        test.scheduler.advance(ms: 300_000)
        #expect(!rows.isSetAside(7))
        rows.succeeded(7)
        #expect(rows.setAside(7) == (1, 1_000))
        #expect(test.logLines.all.count { $0.contains("row_set_aside") } == 3)
        #expect(test.world.metrics.counters().contains { $0 == ("row.set_aside", 3) })
    }

    @Test func tenThousandAreRemembered() throws {
        let rows = FailingRows<Int>("row", world: TestWorld().world)
        for row in 0..<10_050 { rows.setAside(row) }
        #expect((0..<10_050).count { rows.isSetAside($0) } == 10_000)
    }
}
