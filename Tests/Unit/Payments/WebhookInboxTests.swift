import Contracts
import FoundationEssentials
import Lifecycle
import RPC
import Storage
import Support
import Testing

@testable import Payments

private let good = HandMade().request(at: Instant(milliseconds: 1_800_000_000_000))
private let signature = good.headers.first?.value ?? ""
private let old = [UInt8](repeating: 8, count: 32)

/// Who is believed, and what is left of those who are not.
@Suite struct WebhookInboxTests {
    @Test func whatIsSignedIsStoredAsItCame() throws {
        try Desk.run { desk in
            let reply = try await desk.service.inbox.ingest(good)
            #expect(reply == .init(accepted: true, eventId: "evt_1", duplicate: false))
            let stored = try #require(try await desk.store.dueWebhooks(limit: 16).first)
            #expect(stored.raw == Array(good.rawBody))
            #expect(stored.type == "payment.captured" && stored.paymentID == id(1))
            #expect(stored.receivedAt == desk.world.now && stored.state == .received)
            #expect(try await desk.store.verify(VerifyRequest()).pending == 1)
        }
    }

    /// Each is right but for one thing.
    static let forged: [(String, [WebhookHeader], String)] = {
        let body = String(decoding: good.rawBody, as: UTF8.self)
        let right = WebhookHeader("sim-signature", signature)
        let code = signature.dropFirst("t=1800000000,v1=".count)
        let wrong = String(repeating: "0", count: 64)
        return [
            ("no header", [], body),
            ("another header", [WebhookHeader("x-signature", signature)], body),
            ("two headers", [right, right], body),
            ("two in another case", [right, WebhookHeader("SIM-SIGNATURE", signature)], body),
            ("a wrong code", [WebhookHeader("sim-signature", "t=1800000000,v1=\(wrong)")], body),
            ("v0 alone", [WebhookHeader("sim-signature", "t=1800000000,v0=\(code)")], body),
            ("no time", [WebhookHeader("sim-signature", "v1=\(code)")], body),
            ("two times", [WebhookHeader("sim-signature", "t=1800000000,\(signature)")], body),
            ("another time", [WebhookHeader("sim-signature", "t=1800000001,v1=\(code)")], body),
            (
                "a huge header",
                [
                    WebhookHeader(
                        "sim-signature", signature + ",v0=" + String(repeating: "0", count: 941))
                ], body
            ),
            ("one byte more", [right], body + " "),
            ("one byte less", [right], String(body.dropLast())),
            ("one byte changed", [right], body.replacing("evt_1", with: "evt_2")),
            ("the same JSON written anew", [right], body.replacing("\n ", with: "")),
            ("nothing", [right], ""),
        ]
    }()

    @Test(arguments: forged.indices) func aForgeryLeavesNothingButANumber(_ index: Int) throws {
        let (what, headers, body) = Self.forged[index]
        try Desk.run { desk in
            let commits = desk.database.statistics.commits
            let request = IngestWebhookRequest(
                provider: "sim", headers: headers, rawBody: Data(body.utf8))
            for _ in 0..<50 {
                let found = await reason { try await desk.service.inbox.ingest(request) }
                #expect(found == .signatureInvalid, "\(what)")
            }
            #expect(desk.database.statistics.commits == commits)
            #expect(try await desk.webhooks() == [])
            #expect(desk.count("webhooks.refused") == 50)
            #expect(desk.test.logLines.all.filter { $0.contains("webhook.refused") }.count == 1)
            try await desk.pass(ms: 60_000)
            _ = await reason { try await desk.service.inbox.ingest(request) }
            #expect(desk.test.logLines.all.filter { $0.contains("webhook.refused") }.count == 2)
        }
    }

    @Test(
        arguments: [
            (0, nil), (299, nil), (300, nil), (301, .signatureStale), (86_400, .signatureStale),
            (-299, nil), (-300, nil), (-301, .signatureStale), (-86_400, .signatureStale),
        ] as [(Int64, Reason?)])
    func aSignatureHoldsForFiveMinutesBothWays(_ age: Int64, _ expected: Reason?) throws {
        try Desk.run { (desk) async throws in
            #expect(await reason { try await desk.ingest(HandMade(age: age)) } == expected)
            #expect(try await desk.webhooks().count == (expected == nil ? 1 : 0))
        }
    }

    /// By the clock of Payments, which does not follow a wall clock that jumps.
    @Test func theWallClockDoesNotJudge() throws {
        try Desk.run { desk in
            try await desk.pass(ms: 1_000)
            let made = HandMade().request(at: desk.world.now)
            desk.test.clock.jump(byMs: 3_600_000)
            #expect(try await desk.service.inbox.ingest(made).accepted)
            #expect(await reason { try await desk.ingest() } == .signatureStale)
        }
    }

    @Test(arguments: [
        ([old], [old], true), ([old, Desk.webhookSecret], [old], true),
        ([old, Desk.webhookSecret], [Desk.webhookSecret], true),
        ([Desk.webhookSecret], [old, Desk.webhookSecret], true),
        ([Desk.webhookSecret], [old], false), ([old], [], false),
    ])
    func secretsAreRotated(
        _ ours: [[UInt8]], _ theirs: [[UInt8]], _ isBelieved: Bool
    ) throws {
        let test = TestWorld()
        try test.run {
            let desk = try await Desk(test, webhookSecrets: ours)
            let found = await reason { try await desk.ingest(HandMade(secrets: theirs)) }
            #expect(found == (isBelieved ? nil : .signatureInvalid))
        }
    }

    @Test func withoutASecretNobodyIsBelieved() throws {
        let test = TestWorld()
        try test.run {
            let desk = try await Desk(test, webhookSecrets: [])
            do {
                try await desk.ingest()
                Issue.record("believed")
            } catch let error as RPCError {
                #expect(error.reason == .signatureInvalid && error.isRefusal)
                #expect(error.message.contains("webhookSecrets"))
            }
        }
    }

    private static let deep = String(repeating: "[", count: 20_000)
    private static let malformed: [String] = [
        "", "{", "[]", "null", "7", "\"evt\"", "{} {}", "{\"id\":\"e\"",
        #"{"type":"a","created":1}"#, #"{"id":1,"type":"a","created":1}"#,
        #"{"id":"","type":"a","created":1}"#, #"{"id":"a b","type":"a","created":1}"#,
        #"{"id":"é","type":"a","created":1}"#, #"{"id":"a\n","type":"a","created":1}"#,
        #"{"id":"\#(String(repeating: "e", count: 129))","type":"a","created":1}"#,
        #"{"id":"e","created":1}"#, #"{"id":"e","type":null,"created":1}"#,
        #"{"id":"e","type":"payment.captured","created":1}"#,
        #"{"id":"e","type":"payment.captured","created":1,"object":7}"#,
        #"{"id":"e","type":"payment.captured","created":1,"object":{}}"#,
        #"{"id":"e","type":"payment.captured","created":1,"object":{"paymentId":"1"}}"#,
        #"{"id":"e","type":"payment.captured","created":1,"object":{"paymentId":null}}"#,
        #"{"id":"e","type":"a","created":1,"more":\#(deep)}"#,
    ]

    @Test(arguments: malformed)
    func whatIsSignedButNoEventIsMalformed(_ body: String) throws {
        try Desk.run { (desk) async throws in
            let found = await reason { try await desk.ingest(HandMade(body: body)) }
            #expect(found == .webhookMalformed)
            #expect(try await desk.webhooks() == [])
            #expect(desk.count("webhooks.refused") == 1)
        }
    }

    @Test func whatIsNotUnderstoodIsPassedOver() throws {
        try Desk.run { (desk) async throws in
            let body = """
                {"livemode": false, "object": {"kind": "payment", "amount": {"value": 12},
                "paymentId": "\(id(7).uuidString.lowercased())"}, "created": 0, "tags": ["a", null],
                "type": "payment.voided", "id": "evt~1"}
                """
            #expect(try await desk.ingest(HandMade(body: body)).eventId == "evt~1")
            #expect(try await desk.webhooks().map(\.paymentId) == [id(7)])
        }
    }

    /// Whatever stands where nothing is read, the event is stored: refused, it would be lost.
    @Test(arguments: [
        #""created":1.5"#, #""created":-1"#, #""created":"today""#, #""created":1e400"#,
        #""created":123456789012345678901234567890"#, #""object":7"#, #""object":null"#,
        #""é":"\u0000","é":2"#,
    ])
    func onlyWhatIsReadCanBeWrong(_ rest: String) throws {
        try Desk.run { (desk) async throws in
            let body = #"{"id":"evt_1","type":"account.updated",\#(rest)}"#
            #expect(try await desk.ingest(HandMade(body: body)).accepted)
            #expect(try await desk.webhooks().map(\.state) == [.ignored])
        }
    }

    /// A type is the provider's to choose: what does not fit is cut, for people to read.
    @Test(arguments: [
        (String(repeating: "é", count: 40), String(repeating: "é", count: 32)), ("", "-"),
        ("a b", "a b"), ("a\\u0000b", "ab"),
    ])
    func aTypeOfAnotherFormIsIgnored(_ type: String, _ kept: String) throws {
        try Desk.run { desk in
            try await desk.ingest(HandMade(body: #"{"id":"evt_1","type":"\#(type)"}"#))
            #expect(try await desk.webhooks().map(\.type) == [kept])
        }
    }

    @Test func onlyProvidersThatTellAreHeard() throws {
        try Desk.run { desk in
            let request = IngestWebhookRequest(
                provider: "nobody", headers: good.headers, rawBody: good.rawBody)
            let found = await reason { try await desk.service.inbox.ingest(request) }
            #expect(found == .providerUnknown)
        }
    }

    /// The first is stored, the others change nothing; a forged one does not even learn that there
    /// is such an event.
    @Test func theSameEventIsStoredOnce() throws {
        try Desk.run { desk in
            #expect(try await desk.ingest().duplicate == false)
            let before = try await desk.webhooks()
            try await desk.pass(ms: 200_000)
            let changed = HandMade(type: "payment.voided", payment: 2)
            #expect(try await desk.ingest(changed).duplicate)
            #expect(try await desk.webhooks() == before)
            let found = await reason { try await desk.ingest(HandMade(secrets: [old])) }
            #expect(found == .signatureInvalid)
            // Long after its signature has grown old, signed anew: an id is remembered for long.
            try await desk.pass(ms: 80 * 86_400_000)
            #expect(await reason { try await desk.ingest(HandMade(age: 400)) } == .signatureStale)
            #expect(try await desk.ingest().duplicate)
            #expect(desk.count("webhooks.duplicates") == 2)
            // Another provider's event of the same name is another event.
            let both = try await Desk(desk.test, providers: [ScriptedProvider()])
            try await both.ingest()
            #expect(try await both.hear().duplicate == false)
        }
    }
}
