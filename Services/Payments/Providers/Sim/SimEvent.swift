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
    /// Reads the body of a webhook of `sim`. Only what is read can be wrong: the rest may be
    /// whatever JSON allows, fractions and huge numbers too, and so may the object of a type that
    /// changes no payment here.
    ///
    /// - Throws: `WEBHOOK_MALFORMED`.
    init(sim body: [UInt8]) throws(RPCError) {
        let event = try Self.read(SimBody.self, body, "has no id and type that are texts")
        guard event.id.isWord(WebhookLimits.idBytes) else {
            throw Self.malformed("id is no word of at most \(WebhookLimits.idBytes) bytes")
        }
        guard SimEventType(rawValue: event.type) != nil else {
            self.init(
                id: event.id, type: event.type.cut(to: WebhookLimits.typeBytes), paymentID: nil)
            return
        }
        let subject = try Self.read(SimSubject.self, body, "has no object.paymentId that is an id")
        self.init(id: event.id, type: event.type, paymentID: subject.object.paymentId)
    }

    private static func read<Part: Decodable>(
        _ part: Part.Type, _ body: [UInt8], _ problem: String
    ) throws(RPCError) -> Part {
        do { return try JSONDecoder().decode(part, from: Data(body)) } catch {
            throw malformed("the body is no JSON, or \(problem)")
        }
    }

    private static func malformed(_ problem: String) -> RPCError {
        RPCError(.webhookMalformed, problem)
    }
}

/// What is read of every event.
private struct SimBody: Decodable {
    let id: String
    let type: String
}

/// What is read of an event that changes a payment.
private struct SimSubject: Decodable {
    let object: Object

    struct Object: Decodable {
        let paymentId: UUID
    }
}

extension String {
    /// Visible ASCII without spaces.
    fileprivate func isWord(_ mostBytes: Int) -> Bool {
        (1...mostBytes).contains(utf8.count) && utf8.allSatisfy { (0x21...0x7e).contains($0) }
    }

    /// As much of it as fits, in whole characters and without NUL, which PostgreSQL cannot store;
    /// a dash for nothing.
    fileprivate func cut(to mostBytes: Int) -> String {
        var text = ""
        for character in unicodeScalars where character.value != 0 {
            guard text.utf8.count + UTF8.width(character) <= mostBytes else { break }
            text.unicodeScalars.append(character)
        }
        return text.isEmpty ? "-" : text
    }
}
