import RPC
import Support
import Testing

@Suite struct WaitTests {
    /// Asked to wait, with so much time left until the deadline: how long it is parked.
    @Test(
        arguments: [
            (500, 30_000, 500), (20_000, 30_000, 20_000), (25_000, 30_000, 20_000),
            (20_000, 3_000, 2_000), (20_000, 1_000, 0), (20_000, 0, 0), (0, 30_000, 0),
            (-5, 30_000, 0),
        ] as [(Int64, Int64, Int64)])
    func isAnsweredBeforeTheDeadline(asked: Int64, leftMs: Int64, parked: Int64) {
        let scheduler = TestWorld().scheduler
        let call = CallContext(
            identity: "gateway", roles: [],
            deadline: scheduler.uptimeNanoseconds + UInt64(leftMs) * 1_000_000)
        #expect(call.waitMs(asked, on: scheduler) == parked)
    }

    @Test func isParkedAsLongAsItsServerAllows() {
        let scheduler = TestWorld().scheduler
        let call = CallContext(
            identity: "gateway", roles: [],
            deadline: scheduler.uptimeNanoseconds + 30_000_000_000, mostWaitMs: 700)
        #expect(call.waitMs(20_000, on: scheduler) == 700)
    }
}
