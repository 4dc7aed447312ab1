import NIOCore
import PluginAPI
import Testing
import WebSocketTesting

@Suite("Websocket frames to a client")
struct WebSocketFrameWriterTests {
    @Test("Lengths take the shortest form, appended or written in place", arguments: [0, 1, 125, 126, 65535, 65536])
    func headerLengths(length: Int) {
        let payload = ByteBuffer(repeating: 0x61, count: length)
        let frame = WebSocketFrameWriter.frame(.text, payload)
        var expected: [UInt8] = [0x81]
        switch length {
        case ..<126: expected.append(UInt8(length))
        case ..<65536: expected += [126, UInt8(length >> 8), UInt8(length & 0xFF)]
        default: expected += [127, 0, 0, 0, 0, 0, UInt8(length >> 16), 0, 0]
        }
        #expect(frame.bytes.prefix(expected.count) == expected[...])
        #expect(frame.readableBytes == expected.count + length)
        var inPlace = WebSocketFrameWriter.begin(capacity: 16)
        inPlace.writeImmutableBuffer(payload)
        WebSocketFrameWriter.finish(.text, &inPlace)
        #expect(inPlace == frame)
    }

    @Test("Frames are the bytes of RFC 6455, section 5.7")
    func rfcExamples() {
        #expect(WebSocketFrameWriter.text("Hello").bytes == [0x81, 0x05, 0x48, 0x65, 0x6C, 0x6C, 0x6F])
        #expect(WebSocketFrameWriter.ping(ByteBuffer(string: "Hello")).bytes == [0x89, 0x05] + Array("Hello".utf8))
        #expect(WebSocketFrameWriter.pong(ByteBuffer(string: "Hello")).bytes == [0x8A, 0x05] + Array("Hello".utf8))
        #expect(WebSocketFrameWriter.frame(.binary, ByteBuffer(bytes: [1, 2])).bytes == [0x82, 0x02, 1, 2])
    }

    @Test("A close frame carries code and reason, and none of them when there is no code")
    func closeFrames() {
        #expect(WebSocketFrameWriter.close(code: nil).bytes == [0x88, 0x00])
        #expect(WebSocketFrameWriter.close(code: 1000).bytes == [0x88, 0x02, 0x03, 0xE8])
        let tooBig = WebSocketFrameWriter.close(code: 1009, reason: "big")
        #expect(tooBig.bytes == [0x88, 0x05, 0x03, 0xF1] + Array("big".utf8))
        #expect(WebSocketFrameWriter.close(.invalidUTF8).bytes.prefix(4) == [0x88, 19, 0x03, 0xEF])
    }

    @Test("Control frames never exceed 125 bytes, and a reason is cut between characters")
    func controlFramesAreCut() {
        var close = WebSocketFrameWriter.close(code: 1000, reason: String(repeating: "é", count: 100))
        let expected = [0x03, 0xE8] + Array(String(repeating: "é", count: 61).utf8)
        let closed = close.readServerFrame()
        #expect(closed?.payload.bytes == expected)
        var ping = WebSocketFrameWriter.ping(ByteBuffer(repeating: 1, count: 200))
        let pinged = ping.readServerFrame()
        #expect(pinged?.payload.readableBytes == 125)
    }
}
