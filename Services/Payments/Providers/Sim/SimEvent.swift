import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Wire

/// What may happen to a payment at `sim`, in the words of its webhooks.
enum SimEventType: String, Sendable {
    case requiresAction = "payment.requires_action"
    case processing = "payment.processing"
    case authorised = "payment.authorised"
    case captured = "payment.captured"
    case declined = "payment.declined"
    case voided = "payment.voided"
    case refundSucceeded = "refund.succeeded"
    case refundFailed = "refund.failed"

    init(_ status: ProviderPayment.Status) {
        switch status {
        case .requiresAction: self = .requiresAction
        case .processing: self = .processing
        case .authorised: self = .authorised
        case .captured: self = .captured
        case .declined: self = .declined
        case .voided: self = .voided
        }
    }
}

/// One sending of an event of `sim`, until it has been accepted.
struct SimEvent: Equatable, Sendable {
    let eventID: UUID
    /// An event that is sent twice has a second one.
    let copy: Int64
    let paymentID: UUID
    let type: SimEventType
    let createdAt: Instant
    /// When it is sent: late ones are due after they happened.
    var dueAt: Instant
    var tries: Int64 = 0

    /// What is signed and sent.
    var body: [UInt8] {
        let object = Value.map([("paymentId", .text(paymentID.text))])
        let event = Value.map([
            ("id", .text("evt_" + eventID.text)), ("type", .text(type.rawValue)),
            ("created", .integer(createdAt.milliseconds / 1_000)), ("object", object),
        ])
        return Array(event.json.utf8)
    }
}

extension ProviderEvent {
    /// Reads the body of a webhook of `sim`. Keys that it does not know are passed over, and so is
    /// the object of a type that it does not know.
    ///
    /// - Throws: `WEBHOOK_MALFORMED`.
    init(sim body: [UInt8]) throws(RPCError) {
        let json = try Self.json(body)
        guard case .text(let id) = json["id"], id.isWord(WebhookLimits.idBytes) else {
            throw Self.malformed("id is no word of at most \(WebhookLimits.idBytes) bytes")
        }
        guard case .text(let type) = json["type"], type.isWord(WebhookLimits.typeBytes) else {
            throw Self.malformed("type is no word of at most \(WebhookLimits.typeBytes) bytes")
        }
        guard case .integer(let created) = json["created"], created >= 0 else {
            throw Self.malformed("created is no time in seconds")
        }
        guard SimEventType(rawValue: type) != nil else {
            self.init(id: id, type: type, paymentID: nil)
            return
        }
        guard case .text(let text) = json["object"]?["paymentId"],
            let paymentID = UUID(uuidString: text)
        else { throw Self.malformed("object.paymentId is no id") }
        self.init(id: id, type: type, paymentID: paymentID)
    }

    private static func json(_ body: [UInt8]) throws(RPCError) -> Value {
        guard let text = String(validating: body, as: UTF8.self) else {
            throw malformed("the body is not UTF-8")
        }
        do { return try Value(json: text) } catch { throw malformed("\(error)") }
    }

    private static func malformed(_ problem: String) -> RPCError {
        RPCError(.webhookMalformed, problem)
    }
}

extension String {
    /// Visible ASCII without spaces.
    fileprivate func isWord(_ mostBytes: Int) -> Bool {
        (1...mostBytes).contains(utf8.count) && utf8.allSatisfy { (0x21...0x7e).contains($0) }
    }
}
