import Fuzz
import Wire

@testable import RPC

/// A stream of bytes is the same frames however it is cut, and each is read or refused.
///
/// Input: how it is cut, then the stream.
final class FramesTarget: FuzzTarget {
    func run(_ input: [UInt8]) {
        var choices = Choices(input)
        let cut = choices.byte()
        let limit = choices.byte() % 2 == 0 ? FrameLimits.beforeHello : FrameLimits.afterHello
        let stream = choices.rest()
        var whole = FrameDecoder(limit: limit)
        whole.append(stream)
        var cutUp = FrameDecoder(limit: limit)
        // Not too many pieces, whatever its length.
        let size = max(Int(cut) + 1, stream.count / 32)
        for start in stride(from: 0, to: stream.count, by: size) {
            cutUp.append(stream[start..<min(stream.count, start + size)])
            guard compare(&cutUp, &whole) else { return }
        }
        must((try? whole.next()) == .some(nil), "cut up, a frame is missing")
    }

    /// Takes out what is whole of the stream that is cut up; false at its end.
    private func compare(_ cutUp: inout FrameDecoder, _ whole: inout FrameDecoder) -> Bool {
        do throws(FrameError) {
            while let body = try cutUp.next() {
                must((try? whole.next()) == body, "cut up, other frames come out")
                read(body)
            }
            return true
        } catch {
            let expected = Result { () throws(FrameError) in try whole.next() }
            must(expected == .failure(error), "cut up, it ends in \(error), not \(expected)")
            return false
        }
    }

    /// An error that was read is written and read again as the same.
    private func read(_ body: ArraySlice<UInt8>) {
        var reader = CBORReader(body)
        guard case .failure(_, let error) = try? Frame.read(&reader) else { return }
        var writer = CBORWriter()
        error.write(to: &writer)
        reader = CBORReader(writer.bytes)
        let again = try? RPCError(&reader)
        must(again?.code == error.code, "another code after a round trip")
        must(again?.reason.name == error.reason.name, "another reason after a round trip")
        must(again?.outcome == error.outcome, "another outcome after a round trip")
        must(reader.isAtEnd, "an error writes more than it reads")
    }
}
