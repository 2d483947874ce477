import Contracts
import RPC

/// Finished orders.
extension OrdersService {
    func registerOrders(on router: inout Router) {
        router.handle(OrdersAPI.getOrder) { [queries] in
            try await queries.order($0.orderId, for: $1)
        }
        router.handle(OrdersAPI.listOrders) { [queries] in try await queries.orders($0, for: $1) }
    }
}
