public import RPC

/// What every service answers, each under its own name.
public protocol ServiceAPI {
    static var readEvents: Method<FeedRequest, FeedReply> { get }
    static var verifyInvariants: Method<VerifyRequest, VerifyReply> { get }
    static var setClock: Method<SetClockRequest, SetClockReply> { get }
    static var stats: Method<StatsRequest, StatsReply> { get }
    static var health: Method<HealthRequest, HealthReply> { get }
}

extension InventoryAPI: ServiceAPI {}
extension OrdersAPI: ServiceAPI {}
extension PaymentsAPI: ServiceAPI {}
