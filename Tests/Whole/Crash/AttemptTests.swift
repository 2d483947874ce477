import Contracts
import Support
import Testing

/// On the executables, where news of a commit come on another thread than the commit's answer.
@Suite struct AttemptTests {
    /// What StartPayment answers is about the attempt that was asked for, never about news of the
    /// one before it that are still on their way.
    @Test func anAttemptIsAnsweredWithItsOwnEnd() async throws {
        try await CrashRig.run { rig in
            for _ in 0..<60 {
                let buyer = rig.buyer()
                try await buyer.reserve()
                #expect(try await buyer.pay(nil, .authCapture)?.payment?.action != nil)
                let declined = try await buyer.pay("sim_declined", .authCapture)
                #expect(declined?.payment?.lastError?.reason == "DECLINED")
                #expect(try await buyer.pay("sim_ok", .authCapture)?.state == .completed)
            }
        }
    }
}
