import FoundationEssentials
import Lifecycle
import Testing

@Suite struct UUIDTextTests {
    @Test func itIsTheUsualText() {
        for _ in 0..<100 {
            let id = UUID()
            #expect(id.text == id.uuidString.lowercased())
        }
    }
}
