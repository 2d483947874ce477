public import FoundationEssentials
public import Wire

// A feed carries a fact for every purchase, so its pages are written and read by hand.

extension FeedEvent: HandCoded {
    public func write(to writer: inout CBORWriter) {
        writer.mapHeader(5)
        writer.field("seq", seq)
        writer.field("kind", kind)
        writer.field("subject", subject)
        writer.field("at", at)
        writer.key("body")
        writer.bytes(body)
    }

    public init(from reader: inout CBORReader) throws {
        var map = try reader.openMap()
        seq = try map.read("seq", from: &reader)
        kind = try map.read("kind", from: &reader)
        subject = try map.read("subject", from: &reader)
        at = try map.read("at", from: &reader)
        body = try map.read("body", from: &reader)
        try map.close(&reader)
    }
}

extension FeedReply: HandCoded {
    public func write(to writer: inout CBORWriter) {
        writer.mapHeader(3)
        writer.field("feedId", feedId)
        writer.field("head", head)
        writer.field("events", events)
    }

    public init(from reader: inout CBORReader) throws {
        var map = try reader.openMap()
        feedId = try map.read("feedId", from: &reader)
        head = try map.read("head", from: &reader)
        events = try map.read("events", from: &reader)
        try map.close(&reader)
    }
}

extension Data: CBORReadable {
    public init(from reader: inout CBORReader) throws { self = Data(try reader.readBytes()) }
}
