import Contracts
import Lifecycle
import Processes
import RPC

/// Ten times the load that the services can take, offered whether they answer or not.
enum Tenfold {
    static let sections = [
        Section(name: "tenfold", title: "overload: ten times the load") {
            try await run($0, attempts: 1)
        },
        Section(name: "retries", title: "overload: ten times the load, with retries") {
            try await run($0, attempts: 3)
        },
        Section(
            name: "slow", title: "overload: ten times the load, slow provider",
            sim: ",slowBp=10000,slowMs=\(slowMs)"
        ) {
            try await run($0, attempts: 1)
        },
    ]

    /// How long a payment takes in the third: then processors are not what there is too little of.
    private static let slowMs = 250
    /// As many calls as a service takes from one identity. More callers would only be shed; these
    /// keep it as busy as it can be, so they are both the maximum and what is normal at it.
    private static let callers = 512
    /// Enough that calls which wait for their answers leave room for those that are shed.
    private static let connections = 16
    private static let floodMs: Int64 = 7_000
    private static let mostMegabytes = 256.0

    private static func run(_ rig: Rig, attempts: Int) async throws -> Finding {
        let crowd = try Crowd(rig, as: "gateway", connections: connections)
        defer { crowd.close() }
        let buy = rig.choice.buy()
        _ = try await crowd.closed(callers: callers, ms: 1_000, buy)
        _ = rig.takePeakMegabytes()
        let normal = try await crowd.closed(callers: callers, ms: 3_000, buy)
        let rate = 10 * normal.rate
        let besideNoise = try await besideNoise(rig, crowd, rate: rate)
        let usage = Usage(rig)
        let offered = try await offer(rig, rate: rate, attempts: attempts)
        let shares = usage.shares(rig)
        let after = try await crowd.closed(callers: callers, ms: 5_000, buy)
        let megabytes = rig.takePeakMegabytes()
        return Finding(
            injected: offered.tally.samples.count,
            checks: checks(offered, normal, besideNoise, after, isPatient: attempts > 1) + [
                .always(
                    megabytes <= mostMegabytes,
                    "largest service \(megabytes.short) MiB (\(mostMegabytes.short))"),
                try await rig.isWhole(),
            ],
            notes: [
                "beside as many frames that are no work \(besideNoise.rate.short)/s",
                "processor time: \(shares.own.percent) of one for all callers, "
                    + "\(shares.services.percent) for the services",
                "[\(offered.tally.summary)]",
            ])
    }

    private struct Offered {
        let tally: Tally
        /// Calls of clients that ask again, as far as their budget allows, and how often they did.
        var patient = 0
        var retries: Int64 = 0
    }

    /// By hand, which costs little; a tenth of it by well-behaved clients where calls are to be
    /// asked again.
    private static func offer(
        _ rig: Rig, rate: Double, attempts: Int
    ) async throws -> Offered {
        let flood = try await Flood(rig, as: "gateway", connections: connections)
        defer { flood.close() }
        guard attempts > 1 else {
            return Offered(tally: try await flood.run(rate: rate, ms: floodMs, rig.choice))
        }
        let crowd = try Crowd(rig, as: "gateway", connections: connections)
        defer { crowd.close() }
        async let rest = flood.run(rate: 0.9 * rate, ms: floodMs, rig.choice)
        let patient = try await crowd.open(
            rate: 0.1 * rate, ms: floodMs, rig.choice.buy(attempts: attempts))
        let tally = try await rest
        tally.add(patient)
        return Offered(tally: tally, patient: patient.samples.count, retries: crowd.retries)
    }

    /// The maximum while somebody sends as many frames that are no work: what the flood costs by
    /// being sent and read at all, on processors that callers and services share.
    private static func besideNoise(
        _ rig: Rig, _ crowd: Crowd, rate: Double
    ) async throws -> Tally {
        let noise = try await Flood(rig, as: "reseller", connections: connections)
        defer { noise.close() }
        async let vain = noise.run(
            rate: rate, ms: 3_000, method: "orders.Nothing", rig.choice)
        let tally = try await crowd.closed(callers: callers, ms: 3_000, rig.choice.buy())
        _ = try await vain
        return tally
    }

    private static func checks(
        _ offered: Offered, _ normal: Tally, _ besideNoise: Tally, _ after: Tally, isPatient: Bool
    ) -> [Check] {
        let tally = offered.tally
        // The machine may have become slower or faster since: it is what it was before and after.
        let most = (normal.rate + after.rate) / 2
        let usual = max(normal.p99, after.p99BySecond().suffix(2).max() ?? 0)
        let calm = after.p99BySecond().prefix(5).firstIndex { $0 <= 1.5 * usual }
        var checks: [Check] = [
            .figure(
                tally.rate >= 0.8 * most,
                "\(tally.rate.short) purchases/s, \((tally.rate / most).percent) of the "
                    + "\(most.short) that \(callers) callers reach (80 %)"),
            .figure(
                tally.p99 <= 2 * usual,
                "p99 of the admitted \(tally.p99.short) ms, \(usual.short) without (2 x)"),
            .figure(
                calm != nil,
                "p99 as before \(calm.map { "within \($0 + 1) s" } ?? "never again") (5 s)"),
            .always(
                tally.count(\.isRefused) == 0, "\(tally.shed) shed, unexecuted, none refused"),
        ]
        if isPatient {
            let share = Double(offered.retries) / Double(max(1, offered.patient))
            checks.append(
                .always(
                    share <= 0.1,
                    "\(offered.retries) of \(offered.patient) calls asked again, "
                        + "\(share.percent) (10 %)"))
        } else {
            let waits = tally.shedMs
            let half = waits.isEmpty ? 0 : waits[waits.count / 2]
            checks.append(
                .figure(
                    waits.p99 < 50,
                    "shed within \(waits.p99.short) ms in 99 % (50), \(half.short) in half"))
        }
        return checks
    }
}

/// Processor time, from when it was made.
struct Usage {
    private let began = nanoseconds()
    private let own = processorNanoseconds()
    private let services: UInt64

    init(_ rig: Rig) { services = Self.services(rig) }

    func shares(_ rig: Rig) -> (own: Double, services: Double) {
        let wall = Double(nanoseconds() - began)
        return (
            Double(processorNanoseconds() - own) / wall,
            Double(Self.services(rig) - services) / wall
        )
    }

    private static func services(_ rig: Rig) -> UInt64 {
        ServiceName.allCases.compactMap(rig.suite.processID).map(processorNanoseconds(of:))
            .reduce(0, +)
    }
}
