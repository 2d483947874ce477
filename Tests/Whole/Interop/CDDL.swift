import Contracts
import RPC
import Text
import Wire

/// The published schema (CDDL, RFC 8610), made from the field tables that check every message.
enum CDDL {
    static let text =
        frames
        + (rules + parts).split(separator: "\n", omittingEmptySubsequences: false)
        .map { fit(String($0)) }.joined(separator: "\n")

    private static let rules =
        Reason.all.map(rule).joined() + methods.map(rule).joined() + facts.map(rule).joined()

    /// What several messages are or hold has a rule under its name, in its most frequent form.
    /// Other forms, because words are closed in requests, or bounds differ, stand where they are.
    private static let parts =
        "\n; Messages that several of the above are or hold.\n"
        + named.sorted { $0.key < $1.key }.map { name, form in
            "\n\(name) = \(map(form.fields, form.direction, indent: ""))\n"
        }.joined()

    private struct Form {
        let fields: [Field]
        let direction: Direction
        let text: String
        var uses = 0
    }

    private static let named: [String: Form] = {
        var forms: [String: [Form]] = [:]
        func take(_ type: FieldType, _ direction: Direction) {
            switch type {
            case .message(let fields, let name):
                for field in fields { take(field.type, direction) }
                guard !name.isEmpty, !fields.isEmpty else { return }
                let text = map(fields, direction, indent: "", isWhole: true)
                let place = forms[name, default: []].firstIndex { $0.text == text }
                if place == nil {
                    forms[name, default: []].append(
                        Form(fields: fields, direction: direction, text: text))
                }
                let last = forms[name, default: []].count - 1
                forms[name]?[place ?? last].uses += 1
            case .list(let element, _), .map(let element, _): take(element, direction)
            default: break
            }
        }
        for method in methods {
            take(.message(method.reply, name: "\(method.replyBody)"), .reply)
            take(.message(method.request, name: "\(method.requestBody)"), .request)
        }
        for field in facts.flatMap(\.body) { take(field.type, .reply) }
        for field in Reason.all.flatMap({ $0.detail ?? [] }) { take(field.type, .reply) }
        return forms.compactMapValues { $0.max { $0.uses < $1.uses } }.filter { $0.value.uses > 1 }
    }()

    /// The message by its name, where there is a rule that says just this.
    private static func message(
        _ name: String, _ fields: [Field], _ direction: Direction, indent: String, isWhole: Bool
    ) -> String {
        if !isWhole, let form = named[name],
            form.text == map(fields, direction, indent: "", isWhole: true)
        {
            return name
        }
        return map(fields, direction, indent: indent, isWhole: isWhole)
    }

    private static let methods =
        InventoryAPI.methods + OrdersAPI.methods + PaymentsAPI.methods

    private static let facts = InventoryFact.all + OrdersFact.all + PaymentsFact.all

    private static let frames = """
        ; Turnstile, protocol version 2 (CDDL, RFC 8610). Made from the field tables of the
        ; contracts; a test keeps it so, and holds real messages against it.
        ;
        ; Each frame is a 4-byte big-endian length and one of these items. Messages are listed as
        ; this version writes them: a reader skips keys that it does not know, and takes null for
        ; absent. Words in quotes are those of this version: a request has no others, a reader of
        ; replies keeps those that it does not know. Texts of requests hold nothing that is not
        ; seen (controls, bidi, zero width) and no blank at their ends, unless a note says more.

        frame = hello / request / result / failure / cancel / goaway / ping / pong

        ; The server speaks first, the client answers with its proof, the server with its own.
        hello = [0, server-hello / client-hello / server-proof]
        server-hello = {
          versions: [+ uint],
          nonce: bytes .size 32,
          service: tstr,
        }
        ; The client's proof = HMAC-SHA256(secret, "turnstile 2 client" + length and name of the
        ; service that it wants + server's nonce + its own + length and identity); the server's has
        ; "turnstile 2 server". A length is one byte, the nonces differ.
        client-hello = {
          version: 2,
          identity: tstr,
          nonce: bytes .size 32,
          proof: bytes .size 32,
        }
        server-proof = {
          proof: bytes .size 32,
          maxFrame: uint,
          maxInFlight: uint,
          ; waiting calls, which do not count among those in flight
          maxWaits: uint,
          feedIds: [* tstr],
          heads: [* uint],
          ? storeEpoch: uint,
        }

        request = [1, call-id, method, context, body]
        result = [2, call-id, null, body]
        failure = [2, call-id, error, null]
        ; A cancelled call is still answered, once: with the state so far, its result, or CANCELLED.
        cancel = [3, call-id]
        ; Open nothing new on this connection; calls in flight are answered, then close it. When the
        ; text begins with a reason of those below, the connection ends at once.
        goaway = [4, reason: tstr]
        ; A ping is answered by a pong with its number.
        ping = [5, uint]
        pong = [6, uint]

        call-id = uint
        method = tstr
        ; METHOD.request or METHOD.reply below
        body = { * tstr => any }

        context = {
          ? deadlineMs: uint,         ; time left; more than 30000 is 30000
          ? trace: tstr,              ; for W3C's traceparent; not used in this version
          ? actor: actor,
        }
        actor = {
          id: tstr,
          kind: "user" / "guest" / "staff",
          ? roles: [* tstr],
          ? entitlements: [* tstr],
        }
        error = {
          code: tstr,                 ; one of gRPC's sixteen status names
          reason: tstr,               ; stable; REASON.detail below says what its detail has
          message: tstr,              ; for people
          outcome: "refused" / "unknown",
          ? executed: bool,           ; false: certainly nothing was done
          ? retryAfterMs: uint,
          ? detail: { * tstr => any },
        }

        uuid = #6.37(bytes .size 16)
        int64 = int                   ; 64 bits with sign
        instant = int64               ; milliseconds since 1970 UTC

        """

    private static func rule(of reason: Reason) -> String {
        let detail = map(reason.detail ?? [], .reply, indent: "")
        return """

            ; \(reason.code.name), \(reason.outcome.rawValue): \(reason.sentence)
            \(reason.name).detail = \(detail)

            """
    }

    private static func rule(of fact: FactKind) -> String {
        """

        ; The body of a fact of this kind, in the events of ReadEvents.
        \(fact.name).fact = \(map(fact.body, .reply, indent: ""))

        """
    }

    private static func rule(of method: AnyMethod) -> String {
        let callers = method.callers.map(\.name).sorted().joined(separator: ", ")
        return """

            ; \(method.summary)
            ; \(method.kind); callers: \(callers)
            \(method.name).request = \(body(method.requestBody, .request))
            \(method.name).reply = \(body(method.replyBody, .reply))

            """
    }

    private static func body(_ body: any Body.Type, _ direction: Direction) -> String {
        message("\(body)", body.fields, direction, indent: "", isWhole: false)
    }

    private enum Direction { case request, reply }

    private static func map(
        _ fields: [Field], _ direction: Direction, indent: String, isWhole: Bool = false
    ) -> String {
        guard !fields.isEmpty else { return "{}" }
        let lines = fields.map { field in
            let type = type(field.type, direction, indent: indent + "  ", isWhole)
            let entry = field.isRequired ? "\(field.name): \(type)" : "? \(field.name): \(type)"
            return "\(indent)  \(entry)," + (field.note.isEmpty ? "" : " ; \(field.note)")
        }
        return "{\n\(lines.joined(separator: "\n"))\n\(indent)}"
    }

    private static func type(
        _ type: FieldType, _ direction: Direction, indent: String, _ isWhole: Bool
    ) -> String {
        switch type {
        case .flag: "bool"
        case .integer(let range): integer(range)
        case .text(let maxBytes, let rule):
            "tstr .size (\(rule.mayBeEmpty ? 0 : 1)..\(maxBytes))"
        case .bytes(let maxBytes): "bytes .size (0..\(maxBytes))"
        case .id: "uuid"
        case .instant: "instant"
        case .word(let words):
            (words.map { "\"\($0)\"" } + (direction == .reply ? ["tstr .size (1..64)"] : []))
                .joined(separator: " / ")
        case .message(let fields, let name):
            message(name, fields, direction, indent: indent, isWhole: isWhole)
        case .list(let element, let maxCount):
            "[0*\(maxCount) \(self.type(element, direction, indent: indent, isWhole))]"
        case .map(let entry, let maxCount):
            "{ 0*\(maxCount) tstr => \(self.type(entry, direction, indent: indent, isWhole)) }"
        case .any: "any"
        }
    }

    /// Ranges that begin below zero are said in words: not every tool reads them.
    private static func integer(_ range: ClosedRange<Int64>) -> String {
        range.lowerBound < 0 ? "int64" : "\(range.lowerBound)..\(range.upperBound)"
    }

    // MARK: Lines of at most 100 columns

    private static let columns = 100

    /// A line that is too long gives its comment a line above, then breaks between words.
    private static func fit(_ line: String) -> String {
        guard line.count > columns else { return line }
        let indent = String(line.prefix { $0 == " " })
        if let comment = line.firstRange(of: " ; ") {
            let note = indent + "; " + line[comment.upperBound...]
            return fit(note) + "\n" + fit(String(line[..<comment.lowerBound]))
        }
        let isComment = line.hasPrefix(indent + "; ")
        return broken(line, indent + (isComment ? "; " : "    "))
    }

    /// Breaks before the last word that does not fit; `head` begins each further line.
    private static func broken(_ line: String, _ head: String) -> String {
        guard line.count > columns,
            let space = line.prefix(columns).lastIndex(of: " "),
            line.distance(from: line.startIndex, to: space) > head.count
        else { return line }
        let rest = head + line[line.index(after: space)...]
        return line[..<space] + "\n" + broken(rest, head)
    }
}
