import Processes
import Support
import Testing

#if DEBUG
    /// Every row of the table of deaths on the real executables: alone, in pairs of two services,
    /// and again while coming back, at the same place or another. Release builds have no
    /// failpoints.
    @Suite struct CrashTests {
        @Test func everyRowHasAPlace() {
            for row in CrashTable.rows { #expect(!row.places.isEmpty, "\(row.died)") }
            for script in CrashScript.allCases {
                let points = CrashTable.points(of: script)
                #expect(!points.isEmpty && Set(points).count == points.count, "\(script)")
            }
        }

        @Test(arguments: CrashScript.allCases) func alone(_ script: CrashScript) async throws {
            try await CrashRig.run(each: CrashTable.points(of: script)) { rig, point in
                try await rig.expect(script, dying: [point])
            }
        }

        /// The second time that it would issue some of an order's tickets, once more while coming
        /// back, and a third time before it has begun.
        @Test func betweenTwoCommitsOfTickets() async throws {
            let (first, second) = (
                CrashPoint("saga.issue.DO.asking"), CrashPoint("saga.issue.DO.asking@2")
            )
            try await CrashRig.run { rig in
                try await rig.expect(.large, dying: [second])
                try await rig.expect(.large, dying: [second, first])
                try await rig.expect(.large, dying: [first, second, first])
            }
        }

        @Test(
            "R6: two services die, each at any place, and a checkout ends as if nobody had",
            arguments: CrashScript.allCases)
        func inPairs(_ script: CrashScript) async throws {
            let points = CrashTable.points(of: script)
            let pairs = points.enumerated().flatMap { index, one in
                points[..<index].filter { $0.service != one.service }.map { [one, $0] }
            }
            try await CrashRig.run(each: pairs) { rig, pair in
                try await rig.expect(script, dying: pair)
            }
        }

        /// Who comes back dies once more at the same place, and a third time.
        @Test(arguments: CrashScript.allCases)
        func whileComingBack(_ script: CrashScript) async throws {
            try await CrashRig.run(each: CrashTable.points(of: script)) { rig, point in
                try await rig.expect(script, dying: [point, point, point])
            }
        }

        /// Who comes back dies at any other place that it comes by, and at no place that it has
        /// left behind for good.
        @Test(arguments: CrashScript.allCases)
        func onceMoreElsewhere(_ script: CrashScript) async throws {
            try await CrashRig.run(each: CrashPair.all(of: script)) { rig, pair in
                try await rig.expect(pair)
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
                try await rig.expect(.short, dying: [CrashPoint(peer), CrashPoint(orders)])
            }
        }
    }
#endif
