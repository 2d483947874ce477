import Processes

/// Who calls whom: every connection between the parties belongs to one of these.
enum Link: String, CaseIterable, Sendable {
    case gatewayOrders, gatewayInventory, ordersInventory, ordersPayments, paymentsOrders

    /// Who is called.
    var service: ServiceName {
        switch self {
        case .gatewayOrders, .paymentsOrders: .orders
        case .gatewayInventory, .ordersInventory: .inventory
        case .ordersPayments: .payments
        }
    }

    /// The variable that tells a service of the way to its peer; gateways are told by us. Each
    /// service has one caller among the other two, so all three can be told the same.
    var setting: String? {
        switch self {
        case .gatewayOrders, .gatewayInventory: nil
        case .ordersInventory: "TURNSTILE_INVENTORY"
        case .ordersPayments: "TURNSTILE_PAYMENTS"
        case .paymentsOrders: "TURNSTILE_ORDERS"
        }
    }
}
