import NIOCore
import PluginAPI
import Testing
import WebSocketTesting

@testable import SocketIOPlugin

/// One session of the mobile client, frame by frame: masked bytes in, finished server frames out.
@Suite("Transcript of one client session")
struct SocketIOTranscriptTests {
    private var parser = WebSocketFrameParser(maxPayload: 1_000_000)
    private var session = EngineIOSession(timings: EngineIOTimings(), openedAt: .uptimeNanoseconds(0))
    private var reassembler = BinaryReassembler()

    private mutating func receive(_ text: String) -> BinaryReassembler.Step? {
        guard case .text(let frame)? = parser.feed(ClientFrame.text(text).bytes).first,
            case .message(let packet) = session.textReceived(frame, at: .uptimeNanoseconds(1))
        else { return nil }
        return reassembler.textReceived(packet)
    }

    @Test("CONNECT and join are understood, the heartbeat runs, and answers have the expected bytes")
    mutating func clientFrames() {
        let auth: JSONObject = ["app_id": "app-1", "device_id": "dev-1", "api_key": "key-1"]
        #expect(
            receive(#"40/client,{"app_id":"app-1","device_id":"dev-1","api_key":"key-1"}"#)
                == .packet(.connect(namespace: "/client", auth: auth))
        )
        session.joined()
        #expect(
            receive(#"42/client,1["conversation:join",{"conversation_id":"conv_aa11"}]"#)
                == .packet(
                    .event(
                        namespace: "/client", name: "conversation:join",
                        arguments: [.json(["conversation_id": "conv_aa11"])], ackID: 1
                    )
                )
        )
        #expect(session.timerFired(at: .uptimeNanoseconds(0) + .seconds(25)) != .nothing)
        #expect(session.textReceived(ByteBuffer(string: "3"), at: .uptimeNanoseconds(0) + .seconds(26)) == .pong)
        #expect(receive("41/client,") == .packet(.disconnect(namespace: "/client")))
    }

    @Test("What the server says in it, byte for byte")
    func serverFrames() {
        let joined = SocketIOEventTemplate(namespace: "/client", event: "connected").frame { writer in
            writer.beginObject()
            writer.field("connection_id", "conn_5d0e")
            writer.field("server_time", "2026-01-29T10:00:00.000Z")
            writer.endObject()
        }
        let text = #"42/client,["connected",{"connection_id":"conn_5d0e","server_time":"2026-01-29T10:00:00.000Z"}]"#
        #expect(joined.bytes == [0x81, UInt8(text.utf8.count)] + Array(text.utf8))
        let shutdown = SocketIOEventTemplate(namespace: "/client", event: "server:shutdown").frame { writer in
            writer.beginObject()
            writer.field("message", "Server is shutting down")
            writer.field("reconnect_delay_ms", 5000)
            writer.endObject()
        }
        #expect(
            shutdown.textPayload
                == #"42/client,["server:shutdown",{"message":"Server is shutting down","reconnect_delay_ms":5000}]"#
        )
        let typing = SocketIOEventTemplate(namespace: "/client", event: "agent:typing").frame { writer in
            writer.beginObject()
            writer.field("conversation_id", "conv_aa11")
            writer.field("is_typing", true)
            writer.endObject()
        }
        #expect(
            typing.textPayload == #"42/client,["agent:typing",{"conversation_id":"conv_aa11","is_typing":true}]"#
        )
    }
}
