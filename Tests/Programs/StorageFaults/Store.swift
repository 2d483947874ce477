import Storage

/// The four databases of the suite; each lies on a disk of its own.
enum Store: String, CaseIterable, Sendable {
    case inventory, orders, payments, sim

    var service: ServiceName {
        self == .sim ? .payments : ServiceName(rawValue: rawValue) ?? .payments
    }
    var file: String { "\(rawValue).db" }
}

enum ServiceName: String, CaseIterable, Sendable {
    case inventory, orders, payments

    var stores: [Store] { Store.allCases.filter { $0.service == self } }
}
