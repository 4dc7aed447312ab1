import NIOCore
import PluginAPI
import Testing

@testable import SocketIOPlugin

@Suite("Packets with attachments")
struct BinaryReassemblerTests {
    private func text(_ text: String) -> ByteBuffer { ByteBuffer(string: text) }
    private let one = ByteBuffer(bytes: [1])
    private let two = ByteBuffer(bytes: [2, 2])
    private let header =
        #"52-/x,9["up",{"b":{"_placeholder":true,"num":1},"n":{"k":[1]}},"#
        + #"[{"_placeholder":true,"num":0}],5]"#

    @Test("Attachments take the places of their placeholders; the rest stays JSON")
    func substitutes() {
        var reassembler = BinaryReassembler()
        #expect(reassembler.textReceived(text(header)) == .nothing)
        #expect(reassembler.binaryReceived(one) == .nothing)
        #expect(
            reassembler.binaryReceived(two)
                == .packet(
                    .event(
                        namespace: "/x", name: "up",
                        arguments: [
                            .object([
                                SocketIOField(name: "b", value: .binary(two)),
                                SocketIOField(name: "n", value: .json(["k": [1]])),
                            ]),
                            .array([.binary(one)]),
                            .json(5),
                        ],
                        ackID: 9
                    )
                )
        )
        #expect(
            reassembler.textReceived(text(#"2["after"]"#))
                == .packet(.event(namespace: "/", name: "after", arguments: [], ackID: nil))
        )
    }

    @Test("A binary acknowledgement is an acknowledgement")
    func binaryAck() {
        var reassembler = BinaryReassembler()
        #expect(reassembler.textReceived(text(#"61-4[{"_placeholder":true,"num":0}]"#)) == .nothing)
        #expect(reassembler.binaryReceived(one) == .packet(.ack(namespace: "/", id: 4, arguments: [.binary(one)])))
    }

    @Test("A binary type without attachments is complete at once")
    func noAttachments() {
        var reassembler = BinaryReassembler()
        #expect(
            reassembler.textReceived(text(#"50-["a",{"b":1}]"#))
                == .packet(.event(namespace: "/", name: "a", arguments: [.json(["b": 1])], ackID: nil))
        )
    }

    @Test("A text between attachments is a violation, and nothing follows it")
    func textBetweenAttachments() {
        var reassembler = BinaryReassembler()
        #expect(reassembler.textReceived(text(header)) == .nothing)
        #expect(reassembler.binaryReceived(one) == .nothing)
        #expect(reassembler.textReceived(text(#"2["a"]"#)) == .violation(.missingAttachment))
        #expect(reassembler.binaryReceived(two) == .nothing)
        #expect(reassembler.textReceived(text(#"2["a"]"#)) == .nothing)
    }

    @Test("An attachment nobody announced is a violation")
    func strayAttachment() {
        var reassembler = BinaryReassembler()
        #expect(reassembler.binaryReceived(one) == .violation(.unexpectedAttachment))
        #expect(reassembler.textReceived(text("0")) == .nothing)
    }

    @Test("Attachments are bounded in sum")
    func attachmentsAreBounded() {
        var limits = SocketIOLimits()
        limits.attachmentBytes = 2
        var reassembler = BinaryReassembler(limits: limits)
        #expect(reassembler.textReceived(text(header)) == .nothing)
        #expect(reassembler.binaryReceived(one) == .nothing)
        #expect(reassembler.binaryReceived(two) == .violation(.attachmentsTooBig))
    }

    @Test("A text that is no packet is a violation")
    func badText() {
        var reassembler = BinaryReassembler()
        #expect(reassembler.textReceived(text("9")) == .violation(.unknownType))
    }
}
