import Contracts
import FoundationEssentials
import Lifecycle
import Testing
import Wire

private let id = UUID(uuid: (1, 2, 3, 4, 5, 6, 0x77, 8, 0x89, 10, 11, 12, 13, 14, 15, 16))
@Suite struct PaymentsMessagesTests {
    @Test(arguments: [
        ("afterSeq", Int64(-1)), ("limit", 0), ("limit", 8_001), ("waitMs", -1),
        ("waitMs", 20_001),
    ])
    func aFeedRequestBeyondItsBounds(field: String, value: Int64) throws {
        let request = FeedRequest(
            feedId: nil, afterSeq: field == "afterSeq" ? value : 0,
            limit: field == "limit" ? value : 1, waitMs: field == "waitMs" ? value : 0)
        let problems = try FeedRequest.fields.check(CBOR.encode(request)[...])
        #expect(problems.map(\.field) == [field])
    }

    @Test(arguments: [Int64.min, -1, 0, PaymentLimits.maxAmount + 1, Int64.max])
    func anAmountBeyondItsBounds(amount: Int64) throws {
        let request = CapturePaymentRequest(paymentId: id, amount: Money(amount, Currency("EUR")))
        let problems = try CapturePaymentRequest.fields.check(CBOR.encode(request)[...])
        #expect(problems.map(\.field) == ["amount.amount"])
    }

    /// Proxies add headers, long ones and empty ones: what HTTP servers let through passes, and
    /// a body of exactly 64 KiB; one more of anything does not.
    @Test(arguments: [
        (100, 1_024, 65_536, []), (101, 1, 1, ["headers"]), (1, 8_192, 1, []),
        (1, 8_193, 1, ["headers[0].value"]), (1, 0, 1, []), (0, 1, 0, []),
    ])
    func aWebhookHasBounds(_ headers: Int, _ value: Int, _ body: Int, _ wrong: [String]) throws {
        let header = WebhookHeader("a", String(repeating: "v", count: value))
        let request = IngestWebhookRequest(
            provider: "sim", headers: Array(repeating: header, count: headers),
            rawBody: Data(count: body))
        let bytes = CBOR.encode(request)
        #expect(try IngestWebhookRequest.fields.check(bytes[...]).map(\.field) == wrong)
        #expect(try CBOR.decode(IngestWebhookRequest.self, from: bytes) == request)
    }

    @Test func aWebhookBodyBeyondItsBound() throws {
        let request = IngestWebhookRequest(
            provider: "sim", headers: [], rawBody: Data(count: 65_537))
        let bytes = CBOR.encode(request)
        #expect(throws: CBORError.self) { try IngestWebhookRequest.fields.check(bytes[...]) }
    }
}
