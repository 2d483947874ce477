public import Contracts
public import Storage

// Words stand in their columns as their text.

extension Word where Self: Bindable {
    public static var nothing: Self { blank }
}

extension AuditAction: Bindable {}
extension CaptureMode: Bindable {}
extension CheckoutState: Bindable {}
extension EventStatus: Bindable {}
extension HoldPurpose: Bindable {}
extension HoldReferenceKind: Bindable {}
extension HoldState: Bindable {}
extension OpenCheckouts: Bindable {}
extension OrderStatus: Bindable {}
extension TicketState: Bindable {}
extension PaymentState: Bindable {}
extension PoolKind: Bindable {}
extension RefundKind: Bindable {}
extension RefundState: Bindable {}
extension WebhookState: Bindable {}
