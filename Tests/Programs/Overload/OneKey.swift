import Contracts
import FoundationEssentials
import Lifecycle
import Processes
import RPC
import Synchronization

/// The same purchase a thousand times at the same moment.
enum OneKey {
    static let section = Section(
        name: "key", title: "overload: one key a thousand times at once", run: run)

    private static let connections = 8
    private static let calls = 1_000
    private static let keys = 3

    private static func run(_ rig: Rig) async throws -> Finding {
        let crowd = try Crowd(rig, as: "gateway", connections: connections)
        defer { crowd.close() }
        let event = try await rig.event(places: 10_000)
        var finding = Finding(injected: 0, checks: [])
        var (orders, ends) = (Set<OrderReply>(), [String: Int]())
        for _ in 0..<keys {
            let answers = try await ask(crowd, event.purchase(rig.world.newID(), owner: "user:one"))
            finding.injected += calls
            finding.checks += [
                .always(answers.orders.count == 1, "\(answers.orders.count) order"),
                .always(answers.wrong.isEmpty, "wrong answers \(answers.wrong)"),
            ]
            orders.formUnion(answers.orders)
            ends.merge(answers.ends, uniquingKeysWith: +)
        }
        let payments = Set(orders.compactMap(\.paymentId))
        let (sold, captured) = (try await rig.sold(event), try await rig.captures(of: payments))
        finding.checks = finding.checks.filter { !$0.holds }
        finding.checks += [
            .always(
                orders.count == keys && sold == Int64(2 * keys) && captured == keys,
                "\(keys) keys: \(orders.count) orders, \(sold) tickets, \(captured) payments; "
                    + "answers \(ends.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" })"),
            try await rig.isWhole(),
        ]
        return finding
    }

    private struct Answers {
        var orders: Set<OrderReply> = []
        var ends: [String: Int] = [:]
        /// Neither the order, nor a refusal that is safe, nor that it is still being made.
        var wrong: [String] = []

        mutating func add(_ reply: Result<CheckoutReply, any Error>) {
            switch reply {
            case .success(let reply):
                if let order = reply.order { orders.insert(order) }
                ends[reply.state.word, default: 0] += 1
            case .failure(let error):
                let ending = Ending(error)
                ends[ending.text, default: 0] += 1
                if !ending.isShed { wrong.append("\(error)") }
            }
        }
    }

    private static func ask(_ crowd: Crowd, _ request: PurchaseRequest) async throws -> Answers {
        try await crowd.world.scheduler.spawn {
            var answers = Answers()
            await withTaskGroup(of: Result<CheckoutReply, any Error>.self) { group in
                for call in 0..<calls {
                    let client = crowd.clients[call % crowd.clients.count]
                    group.addTask {
                        do {
                            let options = CallOptions(timeoutMs: 20_000, attempts: 1)
                            return .success(
                                try await client.call(OrdersAPI.purchase, request, options))
                        } catch { return .failure(error) }
                    }
                }
                for await answer in group { answers.add(answer) }
            }
            return answers
        }.value
    }
}

extension Rig {
    /// How many of these payments the provider was asked to take, and took once.
    func captures(of payments: Set<UUID>) async throws -> Int {
        let staff = suite.client(of: .payments, as: "operator")
        defer { staff.close() }
        var count = 0
        for payment in payments {
            let seen = try await staff.call(
                PaymentsAPI.getPayment, GetPaymentRequest(paymentId: payment))
            if let amount = seen.amount, seen.captured == amount { count += 1 }
        }
        return count
    }
}
