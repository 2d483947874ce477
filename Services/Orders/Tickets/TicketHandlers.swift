import Contracts
import RPC

/// The tickets of an order.
extension OrdersService {
    func registerTickets(on router: inout Router) {
        router.handle(OrdersAPI.listTickets) { [queries] in try await queries.tickets($0, for: $1) }
    }
}
