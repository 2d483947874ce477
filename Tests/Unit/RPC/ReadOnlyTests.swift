import Lifecycle
import Net
import Support
import Synchronization
import Testing
import Wire

@testable import RPC

/// What a method says of itself binds its handler.
@Suite struct ReadOnlyTests {
    /// Storage asks there before it writes.
    @Test func onlyAMutationMayWrite() throws {
        let test = TestWorld()
        let kinds: [Method<Note, Note>.Kind] = [.query, .wait, .mutation]
        var router = Router(log: .silent)
        for kind in kinds {
            router.handle(
                Method<Note, Note>("test.\(kind.rawValue)", kind, callers: [.gateway], .anybody, "")
            ) { _, _ in Note(text: ReadOnly.isHere ? "reads" : "writes") }
        }
        let entries = router.methods
        let said = try test.run {
            var said: [String: String] = [:]
            for entry in entries {
                let sink = Kept()
                let body = CBOR.encode(Note(text: "x"))
                let call = CallContext(identity: "shop", roles: [.gateway], deadline: .max)
                await (try entry.prepare(body[...]))(call, sink)
                said[entry.name] = sink.note.withLock { $0?.text }
            }
            return said
        }
        #expect(
            said == ["test.query": "reads", "test.wait": "reads", "test.mutation": "writes"])
    }
}

private final class Kept: ResponseSink {
    let note = Mutex(Note?.none)

    func succeed(_ reply: some CBORWritable) throws {
        note.withLock { $0 = reply as? Note }
    }

    func fail(_ error: RPCError) {}
}
