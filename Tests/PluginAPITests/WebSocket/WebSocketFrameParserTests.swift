import NIOCore
import PluginAPI
import Testing
import WebSocketTesting

@Suite("Websocket frames from a client")
struct WebSocketFrameParserTests {
    @Test("The masked example of RFC 6455, section 5.7, reads as Hello")
    func readsTheExampleOfTheRFC() {
        let bytes: [UInt8] = [0x81, 0x85, 0x37, 0xFA, 0x21, 0x3D, 0x7F, 0x9F, 0x4D, 0x51, 0x58]
        #expect(WebSocketFrameParser.events(of: bytes) == [.text(ByteBuffer(string: "Hello"))])
    }

    @Test("Every payload length is unmasked right", arguments: [0, 1, 7, 8, 9, 125, 126, 127, 65535, 65536, 70001])
    func unmasksEveryLength(length: Int) {
        var random = SplitMix(seed: UInt64(length))
        let payload = random.bytes(length)
        let frame = ClientFrame(0x2, payload).bytes
        #expect(WebSocketFrameParser.events(of: frame, maxPayload: 70001) == [.binary(ByteBuffer(bytes: payload))])
        #expect(
            WebSocketFrameParser.events(
                of: ClientFrame(0x2, payload).with(mask: [0, 0, 0, 0]).bytes, maxPayload: 70001)
                == [.binary(ByteBuffer(bytes: payload))]
        )
    }

    @Test("Fragments are joined, and control frames may stand between them")
    func joinsFragments() {
        let bytes =
            ClientFrame.text("Grü", isFinal: false).bytes + ClientFrame(0x9, [1, 2]).bytes
            + ClientFrame(0x0, Array("ße".utf8), isFinal: false).bytes + ClientFrame(0x0).bytes
            + ClientFrame(0xA).bytes + ClientFrame.text("next").bytes
        #expect(
            WebSocketFrameParser.events(of: bytes) == [
                .ping(ByteBuffer(bytes: [1, 2])), .text(ByteBuffer(string: "Grüße")), .pong(ByteBuffer()),
                .text(ByteBuffer(string: "next")),
            ]
        )
    }

    @Test("A character may be cut by a fragment border")
    func charactersMayBeCut() {
        let bytes = ClientFrame(0x1, [0xF0, 0x9F], isFinal: false).bytes + ClientFrame(0x0, [0x98, 0x80]).bytes
        #expect(WebSocketFrameParser.events(of: bytes) == [.text(ByteBuffer(string: "😀"))])
    }

    @Test("Events do not depend on where reads end")
    func splittingChangesNothing() {
        let stream =
            ClientFrame.text("Hello").bytes + ClientFrame(0x9, Array("p".utf8)).bytes
            + ClientFrame(0x2, Array(repeating: 9, count: 200), isFinal: false).bytes
            + ClientFrame(0xA, [7]).bytes + ClientFrame(0x0, Array(repeating: 8, count: 130)).bytes
            + ClientFrame.text("").bytes + ClientFrame.close(1000, "bye").bytes + ClientFrame.text("late").bytes
        let whole = WebSocketFrameParser.events(of: stream)
        #expect(whole.count == 6)
        #expect(whole.last == .close(code: 1000, reason: "bye"))
        #expect(WebSocketFrameParser.events(of: stream.indices.map { stream[$0...$0] }) == whole)
        for split in stream.indices {
            #expect(WebSocketFrameParser.events(of: [stream[..<split], stream[split...]]) == whole)
        }
    }

    @Test("A lone frame is handed out in the memory it was read into")
    func loneFrameIsNotCopied() {
        var parser = WebSocketFrameParser(maxPayload: 10_000)
        var input = ByteBuffer(bytes: ClientFrame(0x2, Array(repeating: 5, count: 9000)).bytes)
        let before = input.withUnsafeReadableBytes { UInt(bitPattern: $0.baseAddress) }
        parser.append(&input)
        guard case .binary(let payload) = parser.next() else {
            Issue.record("no binary message")
            return
        }
        #expect(payload.withUnsafeReadableBytes { UInt(bitPattern: $0.baseAddress) } == before + 8)
        #expect(payload.bytes == Array(repeating: 5, count: 9000))
    }

    @Test("Frames that share a read do not disturb each other while both are kept")
    func framesOfOneReadAreIndependent() {
        let bytes = (0..<50).flatMap { ClientFrame.text("message \($0)").bytes }
        #expect(
            WebSocketFrameParser.events(of: bytes) == (0..<50).map { .text(ByteBuffer(string: "message \($0)")) }
        )
    }

    @Test("An idle parser keeps no bytes")
    func idleParserIsEmpty() {
        var parser = WebSocketFrameParser(maxPayload: 1000)
        #expect(parser.feed(ClientFrame.text("one").bytes + ClientFrame.text("two").bytes).count == 2)
        #expect(parser.bufferedBytes == 0)
        #expect(parser.feed([0x81]).isEmpty)
        #expect(parser.bufferedBytes == 1)
    }

    @Test("Nothing comes after a close frame or a failure")
    func finishedMeansFinished() {
        var closed = WebSocketFrameParser(maxPayload: 1000)
        #expect(closed.feed(ClientFrame(0x8).bytes) == [.close(code: nil, reason: "")])
        #expect(closed.feed(ClientFrame.text("late").bytes).isEmpty)
        #expect(closed.bufferedBytes == 0)
        var failed = WebSocketFrameParser(maxPayload: 1000)
        #expect(failed.feed(ClientFrame(0x3).bytes) == [.failure(.unknownOpcode)])
        #expect(failed.feed(ClientFrame.text("late").bytes).isEmpty)
    }
}
