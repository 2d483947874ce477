import Support
import Testing
import Wire

@Suite struct FrameTests {
    /// Three frames as one stream of bytes.
    static let bodies: [[UInt8]] = [[1], Array(repeating: 7, count: 300), [2, 3]]
    static let stream: [UInt8] = {
        var writer = CBORWriter()
        for body in bodies {
            let start = writer.openFrame()
            writer.encoded(body)
            try? writer.closeFrame(start)
        }
        return writer.bytes
    }()

    @Test func aFrameIsItsLengthAndItsBody() {
        #expect(Array(FrameTests.stream.prefix(9)).hex == "00000001010000012c")
    }

    @Test func framesComeWholeHoweverTheStreamIsSplit() throws {
        for split in 0...FrameTests.stream.count {
            var decoder = FrameDecoder(limit: 1024)
            var bodies: [[UInt8]] = []
            for chunk in [FrameTests.stream[..<split], FrameTests.stream[split...]] {
                decoder.append(chunk)
                while let body = try decoder.next() { bodies.append(Array(body)) }
            }
            #expect(bodies == FrameTests.bodies)
            #expect(decoder.waiting == 0)
        }
    }

    @Test func framesComeByteByByte() throws {
        var decoder = FrameDecoder(limit: 1024)
        var bodies: [[UInt8]] = []
        for byte in FrameTests.stream {
            decoder.append([byte])
            while let body = try decoder.next() { bodies.append(Array(body)) }
        }
        #expect(bodies == FrameTests.bodies)
    }

    @Test func aFrameThatIsHeldSurvivesWhatComesBehindIt() throws {
        var decoder = FrameDecoder(limit: 1024)
        decoder.append(FrameTests.stream[..<7])
        let first = try decoder.next()
        decoder.append(FrameTests.stream[7...])
        #expect(first.map { Array($0) } == FrameTests.bodies[0])
        #expect(try decoder.next().map { Array($0) } == FrameTests.bodies[1])
    }

    @Test func aFrameOverTheLimitIsRefusedByItsHeader() throws {
        var decoder = FrameDecoder(limit: FrameLimits.beforeHello)
        decoder.append([0, 0, 0x10, 0x00])
        #expect(try decoder.next() == nil)
        decoder = FrameDecoder(limit: FrameLimits.beforeHello)
        decoder.append([0, 0, 0x10, 0x01])
        #expect(throws: FrameError.tooLarge(bytes: 4097, limit: 4096)) { try decoder.next() }
        decoder = FrameDecoder(limit: FrameLimits.afterHello)
        decoder.append([0xff, 0xff, 0xff, 0xff])
        #expect(throws: FrameError.tooLarge(bytes: 4_294_967_295, limit: 1_048_576)) {
            try decoder.next()
        }
    }

    @Test func anEmptyFrameIsRefused() {
        var decoder = FrameDecoder(limit: 1024)
        decoder.append([0, 0, 0, 0])
        #expect(throws: FrameError.empty) { try decoder.next() }
    }

    @Test func theLimitMayGrowAfterHello() throws {
        var decoder = FrameDecoder(limit: 2)
        decoder.append([0, 0, 0, 1, 9, 0, 0, 0, 3])
        #expect(try decoder.next().map { Array($0) } == [9])
        decoder.limit = 3
        decoder.append([1, 2, 3])
        #expect(try decoder.next().map { Array($0) } == [1, 2, 3])
    }

    @Test func aBodyOverTheLimitIsTakenBack() throws {
        var writer = CBORWriter()
        writer.integer(1)
        let start = writer.openFrame()
        writer.encoded(Array(repeating: 0, count: 11))
        #expect(throws: FrameError.tooLarge(bytes: 11, limit: 10)) {
            try writer.closeFrame(start, limit: 10)
        }
        #expect(writer.bytes == [1])
    }
}
