/// What one call after the other cannot do without: so many waits for the disk and round trips in a
/// row, each as long as the machine takes for one just now.
struct SerialBaseline {
    let syncs: Double
    let roundTrips: Double
    private let echo: Peer

    init(syncs: Double, roundTrips: Double) throws {
        self.syncs = syncs
        self.roundTrips = roundTrips
        echo = try Peer("bare-echo", ["\(RPCBench.requestBytes)", "\(RPCBench.replyBytes)"])
    }

    func stop() { echo.stop() }

    func microseconds(in folder: String) throws -> Double {
        let sync = try DiskBaseline.syncs(in: folder, milliseconds: 300).p50Microseconds
        let trip = try BareEcho.call(
            port: echo.port, requestBytes: RPCBench.requestBytes, replyBytes: RPCBench.replyBytes,
            inFlight: 1, milliseconds: 200
        ).latencies.p50Microseconds
        return syncs * sync + roundTrips * trip
    }
}
