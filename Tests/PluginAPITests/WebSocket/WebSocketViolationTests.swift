import NIOCore
import PluginAPI
import Testing
import WebSocketTesting

/// Every rule of RFC 6455 that a client can break, with the answer it gets.
@Suite("Broken websocket frames")
struct WebSocketViolationTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var bytes: [UInt8]
        var failure: WebSocketFailure

        init(_ name: String, _ bytes: [UInt8], _ failure: WebSocketFailure) {
            (testDescription, self.bytes, self.failure) = (name, bytes, failure)
        }
    }

    static let protocolCases: [Case] = [
        Case("RSV1", ClientFrame.text("a").with(reserved: 0x40).bytes, .reservedBits),
        Case("RSV2", ClientFrame.text("a").with(reserved: 0x20).bytes, .reservedBits),
        Case("RSV3", ClientFrame.text("a").with(reserved: 0x10).bytes, .reservedBits),
        Case("RSV on a ping", ClientFrame(0x9).with(reserved: 0x40).bytes, .reservedBits),
        Case("unmasked text", ClientFrame.text("a").with(mask: nil).bytes, .unmaskedFrame),
        Case("unmasked empty ping", ClientFrame(0x9).with(mask: nil).bytes, .unmaskedFrame),
        Case("fragmented ping", ClientFrame(0x9, [1], isFinal: false).bytes, .fragmentedControl),
        Case("fragmented close", ClientFrame(0x8, isFinal: false).bytes, .fragmentedControl),
        Case("long ping", ClientFrame(0x9, Array(repeating: 0, count: 126)).bytes, .oversizedControl),
        Case("16 bits for 125", [0x82, 0xFE, 0x00, 0x7D], .wastefulLength),
        Case("16 bits for 0", [0x82, 0xFE, 0x00, 0x00], .wastefulLength),
        Case("64 bits for 65535", [0x82, 0xFF, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF], .wastefulLength),
        Case("negative length", [0x82, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0], .impossibleLength),
        Case("stray continuation", ClientFrame(0x0, [1]).bytes, .strayContinuation),
        Case(
            "continuation after the end", ClientFrame.text("a").bytes + ClientFrame(0x0, [1]).bytes, .strayContinuation
        ),
        Case(
            "text within a message", ClientFrame.text("a", isFinal: false).bytes + ClientFrame.text("b").bytes,
            .interruptedMessage
        ),
        Case("close of one byte", ClientFrame(0x8, [3]).bytes, .invalidClosePayload),
    ]

    static let dataCases: [Case] = [
        Case("too long, 16 bits", [0x82, 0xFE, 0x03, 0xE9], .messageTooBig),
        Case("too long, 64 bits", [0x82, 0xFF, 0, 0, 0, 0, 0, 1, 0, 0], .messageTooBig),
        Case("longest of all", [0x82, 0xFF, 0x7F] + Array(repeating: 0xFF, count: 7), .messageTooBig),
        Case(
            "too long in sum",
            ClientFrame(0x2, Array(repeating: 1, count: 600), isFinal: false).bytes + [0x80, 0xFE, 0x01, 0x91],
            .messageTooBig
        ),
        Case("lone continuation byte", ClientFrame(0x1, [0x80]).bytes, .invalidUTF8),
        Case("overlong slash", ClientFrame(0x1, [0xC0, 0xAF]).bytes, .invalidUTF8),
        Case("overlong, three bytes", ClientFrame(0x1, [0xE0, 0x80, 0xAF]).bytes, .invalidUTF8),
        Case("surrogate", ClientFrame(0x1, [0xED, 0xA0, 0x80]).bytes, .invalidUTF8),
        Case("beyond U+10FFFF", ClientFrame(0x1, [0xF4, 0x90, 0x80, 0x80]).bytes, .invalidUTF8),
        Case("cut character", ClientFrame(0x1, Array("12345678".utf8) + [0xE2, 0x82]).bytes, .invalidUTF8),
        Case("0xFF", ClientFrame(0x1, [0xFF]).bytes, .invalidUTF8),
        Case(
            "bad across fragments",
            ClientFrame(0x1, [0xE2, 0x82], isFinal: false).bytes + ClientFrame(0x0, [0x41]).bytes, .invalidUTF8
        ),
        Case("close reason", ClientFrame(0x8, [0x03, 0xE8, 0xFF]).bytes, .invalidUTF8),
    ]

    @Test("A broken frame ends the stream with its own failure, however cut", arguments: protocolCases + dataCases)
    func brokenFramesFail(broken: Case) {
        let whole = WebSocketFrameParser.events(of: broken.bytes)
        #expect(whole.last == .failure(broken.failure))
        #expect(WebSocketFrameParser.events(of: broken.bytes.indices.map { broken.bytes[$0...$0] }) == whole)
    }

    @Test("Reserved opcodes are refused", arguments: [0x3, 0x4, 0x5, 0x6, 0x7, 0xB, 0xC, 0xD, 0xE, 0xF] as [UInt8])
    func reservedOpcodesFail(opcode: UInt8) {
        #expect(WebSocketFrameParser.events(of: ClientFrame(opcode).bytes) == [.failure(.unknownOpcode)])
    }

    @Test("Each failure has the status code of section 7.4.1")
    func failuresHaveCodes() {
        #expect(Set(Self.protocolCases.map(\.failure.closeCode)) == [1002])
        #expect(WebSocketFailure.messageTooBig.closeCode == 1009)
        #expect(WebSocketFailure.invalidUTF8.closeCode == 1007)
    }

    @Test("An announced length is refused before its body, and exactly above the limit")
    func lengthIsCheckedFirst() {
        #expect(WebSocketFrameParser.events(of: [0x82, 0xFE, 0x03, 0xE9]) == [.failure(.messageTooBig)])
        #expect(WebSocketFrameParser.events(of: [0x82, 0xFE, 0x03, 0xE8]).isEmpty)
        let largest = Array(repeating: 1 as UInt8, count: 1000)
        let frame = ClientFrame(0x2, largest).bytes
        #expect(WebSocketFrameParser.events(of: frame) == [.binary(ByteBuffer(bytes: largest))])
    }

    @Test("Only codes that may travel are accepted in a close frame")
    func closeCodes() {
        let accepted: Set<UInt16> = [1000, 1001, 1002, 1003, 1007, 1011, 1014, 3000, 4429, 4999]
        let refused: Set<UInt16> = [0, 999, 1004, 1005, 1006, 1015, 1016, 2000, 2999, 5000, 65535]
        for code in accepted {
            #expect(WebSocketFrameParser.events(of: ClientFrame.close(code).bytes) == [.close(code: code, reason: "")])
        }
        for code in refused {
            #expect(
                WebSocketFrameParser.events(of: ClientFrame.close(code).bytes) == [.failure(.invalidClosePayload)]
            )
        }
    }
}
