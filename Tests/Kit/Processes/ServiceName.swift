internal import Contracts

/// The three services, by the names of their executables.
public enum ServiceName: String, CaseIterable, Sendable, CustomStringConvertible {
    case inventory, orders, payments

    public var description: String { rawValue }

    var api: any ServiceAPI.Type {
        switch self {
        case .inventory: InventoryAPI.self
        case .orders: OrdersAPI.self
        case .payments: PaymentsAPI.self
        }
    }
}
