import Contracts
import Crypto
import Storage
import Wire

/// Where a page of webhooks ended. A provider's id of an event may be longer than a place in a
/// list: then the place has its beginning and a digest, by which it is found again.
struct WebhookPlace: Sendable {
    private static let wholeBytes = 48
    /// Also a literal in `id`.
    private static let prefixBytes = 40

    let provider: String
    /// The event's id, or its beginning where there is a digest.
    private let text: String
    private let digest: [UInt8]?

    init(_ webhook: WebhookReply) {
        provider = webhook.provider
        let id = webhook.eventId
        let isWhole = id.utf8.count <= Self.wholeBytes
        text = isWhole ? id : String(decoding: id.utf8.prefix(Self.prefixBytes), as: UTF8.self)
        digest = isWhole ? nil : Self.digest(of: id)
    }

    /// The id of the event behind which the next page begins. One that has been deleted since is
    /// taken for the first with its beginning: what follows comes again rather than not at all.
    func eventID(in reader: Reader) throws -> String {
        guard let digest else { return text }
        let ids: [String] = try reader.query(
            """
            SELECT event_id FROM webhook
            WHERE provider = \(provider) AND event_id >= \(text)
                AND substr(event_id, 1, 40) = \(text)
            """
        ) { try $0.next() }
        return ids.first { Self.digest(of: $0) == digest } ?? text
    }

    private static func digest(of id: String) -> [UInt8] {
        Array(Digest.sha256(Array(id.utf8)).prefix(8))
    }
}

extension WebhookPlace: CBORWritable, CBORReadable {
    func write(to writer: inout CBORWriter) {
        writer.arrayHeader(digest == nil ? 2 : 3)
        writer.text(provider)
        writer.text(text)
        if let digest { writer.bytes(digest) }
    }

    init(from reader: inout CBORReader) throws {
        let parts = try reader.readArrayHeader()
        provider = try reader.readKeyText()
        text = try reader.readKeyText()
        digest = parts == 3 ? try reader.readBytes() : nil
    }
}
