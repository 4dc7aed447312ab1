import NIOCore
import PluginAPI
import Testing
import WebSocketTesting

@testable import SocketIOPlugin

@Suite("Writing Socket.IO packets")
struct SocketIOPacketEncoderTests {
    private typealias Encoder = SocketIOPacketEncoder

    @Test("The packets of the protocol, byte for byte")
    func examples() {
        #expect(Encoder.connect(namespace: "/client", sid: "Vx0c").textPayload == #"40/client,{"sid":"Vx0c"}"#)
        #expect(
            Encoder.connectError(namespace: "/client", message: "INVALID_CREDENTIALS").textPayload
                == #"44/client,{"message":"INVALID_CREDENTIALS"}"#
        )
        #expect(
            Encoder.connectError(namespace: "/x", message: "Invalid namespace").textPayload
                == #"44/x,{"message":"Invalid namespace"}"#
        )
        #expect(Encoder.disconnect(namespace: "/client").textPayload == "41/client,")
        #expect(
            Encoder.event(
                namespace: "/client", name: "conversation:joined",
                arguments: [.json(["conversation_id": "conv_aa11", "last_message_id": "msg_01"])]
            ).textPayload
                == #"42/client,["conversation:joined",{"conversation_id":"conv_aa11","last_message_id":"msg_01"}]"#
        )
        #expect(Encoder.event(namespace: "/client", name: "pong").textPayload == #"42/client,["pong"]"#)
        #expect(
            Encoder.ack(
                namespace: "/client", id: 2, arguments: [.json(["success": false, "error": "CONVERSATION_NOT_FOUND"])]
            ).textPayload == #"43/client,2[{"success":false,"error":"CONVERSATION_NOT_FOUND"}]"#
        )
        #expect(Encoder.event(namespace: "/client", name: "q", ackID: 7).textPayload == #"42/client,7["q"]"#)
    }

    @Test("The root namespace is not named")
    func rootNamespace() {
        #expect(Encoder.connect(namespace: "/", sid: "s").textPayload == #"40{"sid":"s"}"#)
        #expect(Encoder.disconnect(namespace: "/").textPayload == "41")
        #expect(Encoder.event(namespace: "/", name: "a", ackID: .max).textPayload == #"4218446744073709551615["a"]"#)
        #expect(Encoder.ack(namespace: "/", id: 0, arguments: []).textPayload == "430[]")
    }

    @Test("An acknowledgement can be written straight into its frame")
    func ackInPlace() {
        let frame = Encoder.ack(namespace: "/client", id: 1) { writer in
            writer.beginObject()
            writer.field("success", true)
            writer.field("last_message_id", "msg_01")
            writer.endObject()
        }
        #expect(frame.textPayload == #"43/client,1[{"success":true,"last_message_id":"msg_01"}]"#)
    }

    @Test(
        "A template gives the bytes of the general encoder, at every size of header", arguments: [1, 60, 400, 70_000])
    func templates(length: Int) {
        let template = SocketIOEventTemplate(namespace: "/client", event: "message:new")
        let argument: JSONValue = ["body": .string(String(repeating: "ü\"", count: length))]
        let expected = Encoder.event(namespace: "/client", name: "message:new", arguments: [.json(argument)])
        #expect(template.frame { $0.value(argument) } == expected)
        var writer = JSONWriter()
        writer.value(argument)
        #expect(template.frame(encoded: writer.buffer) == expected)
        #expect(expected.textPayload?.hasPrefix(#"42/client,["message:new",{"body":"ü\""#) == true)
    }

    @Test("Binary data follows its text in frames of its own")
    func binaryEvent() throws {
        var frames = Encoder.event(
            namespace: "/client", name: "file",
            arguments: [
                .binary(ByteBuffer(bytes: [1, 2])),
                .object([
                    SocketIOField(name: "n", value: .json(1)),
                    SocketIOField(name: "d", value: .array([.json("x"), .binary(ByteBuffer(bytes: [3]))])),
                ]),
            ],
            ackID: 5
        )
        let textFrame = frames.readServerFrame()
        let text = try #require(textFrame)
        #expect(text.opcode == 0x1)
        #expect(
            text.payload.text
                == #"452-/client,5["file",{"_placeholder":true,"num":0},"#
                + #"{"n":1,"d":["x",{"_placeholder":true,"num":1}]}]"#
        )
        let firstFrame = frames.readServerFrame()
        let first = try #require(firstFrame)
        #expect(first.opcode == 0x2)
        #expect(first.payload.bytes == [1, 2])
        let secondFrame = frames.readServerFrame()
        let second = try #require(secondFrame)
        #expect(second.opcode == 0x2)
        #expect(second.payload.bytes == [3])
        #expect(frames.readableBytes == 0)
    }
}
