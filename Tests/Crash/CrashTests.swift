import Processes
import Support
import Testing

#if DEBUG
    /// Every row of the table of deaths on the real executables: alone, in pairs of two services,
    /// and again while coming back. Release builds have no failpoints.
    @Suite struct CrashTests {
        @Test func everyRowHasAPlace() {
            for row in CrashTable.rows { #expect(!row.places.isEmpty, "\(row.died)") }
            for script in CrashScript.allCases {
                #expect(!CrashTable.points(of: script).isEmpty, "\(script)")
            }
        }

        @Test(arguments: CrashScript.allCases) func alone(_ script: CrashScript) async throws {
            try await CrashRig.run { rig in
                for point in CrashTable.points(of: script) {
                    try await rig.expect(script, dying: [point.service: [point]])
                }
            }
        }

        @Test(
            "R6: two services die, each at any place, and a checkout ends as if nobody had",
            arguments: CrashScript.allCases)
        func inPairs(_ script: CrashScript) async throws {
            let points = CrashTable.points(of: script)
            try await CrashRig.run { rig in
                for (index, one) in points.enumerated() {
                    for other in points[..<index] where other.service != one.service {
                        try await rig.expect(
                            script, dying: [one.service: [one], other.service: [other]])
                    }
                }
            }
        }

        /// Who comes back dies once more at the same place, and a third time. A hold is extended
        /// once, so that place is not reached again.
        @Test(arguments: CrashScript.allCases)
        func whileComingBack(_ script: CrashScript) async throws {
            try await CrashRig.run { rig in
                let once = CrashPoint("call.inventory.ExtendHold.done")
                for point in CrashTable.points(of: script) where point != once {
                    try await rig.expect(script, dying: [point.service: [point, point, point]])
                }
            }
        }

        /// A step that is not answered for a while is committed alone: the order is PAID before
        /// ConsumeHold is answered, COMMITTING before the payment is.
        @Test(arguments: [
            ("call.inventory.ConsumeHold.arrived", "saga.consume.DO.slow"),
            ("call.payments.CreatePayment.arrived", "saga.pay.DO.slow"),
        ])
        func committedAlone(_ peer: String, _ orders: String) async throws {
            try await CrashRig.run { rig in
                let points = [CrashPoint(peer), CrashPoint(orders)]
                try await rig.expect(
                    .short,
                    dying: Dictionary(uniqueKeysWithValues: points.map { ($0.service, [$0]) })
                )
            }
        }
    }
#endif
