import NIOCore
import PluginAPI

/// What the server says to one socket, the same in both namespaces.
struct SocketReplies: Sendable {
    private let connected: SocketIOEventTemplate
    private let conversationJoined: SocketIOEventTemplate
    private let serverShutdown: SocketIOEventTemplate
    private let error: SocketIOEventTemplate
    /// The answer to the event `ping`.
    let pong: ByteBuffer

    init(namespace: String) {
        connected = SocketIOEventTemplate(namespace: namespace, event: "connected")
        conversationJoined = SocketIOEventTemplate(namespace: namespace, event: "conversation:joined")
        serverShutdown = SocketIOEventTemplate(namespace: namespace, event: "server:shutdown")
        error = SocketIOEventTemplate(namespace: namespace, event: "error")
        pong = SocketIOPacketEncoder.event(namespace: namespace, name: "pong", arguments: [])
    }

    func connected(_ connection: ConnectionID, at now: Timestamp) -> ByteBuffer {
        connected.frame { json in
            json.beginObject()
            json.field("connection_id", connection)
            json.field("server_time", now)
            json.endObject()
        }
    }

    func conversationJoined(_ head: ConversationHead) -> ByteBuffer {
        conversationJoined.frame { json in
            json.beginObject()
            json.field("conversation_id", head.conversation.id)
            json.fieldIfPresent("last_message_id", head.lastMessageID)
            json.endObject()
        }
    }

    func serverShutdown(reconnectAfter delay: Duration) -> ByteBuffer {
        serverShutdown.frame { json in
            json.beginObject()
            json.field("message", "Server is shutting down")
            json.field("reconnect_delay_ms", delay.wholeMilliseconds)
            json.endObject()
        }
    }

    func error(_ code: FailedEvent.Code) -> ByteBuffer {
        error.frame { json in
            json.beginObject()
            json.field("code", code.rawValue)
            json.field("message", code.text)
            json.endObject()
        }
    }
}

/// The acknowledgements of both namespaces: always exactly one object.
enum Acknowledgement {
    static func success(_ fields: JSONObject = [:]) -> [SocketIOValue] {
        var object: JSONObject = ["success": true]
        for (name, value) in fields { object[name] = value }
        return [.json(.object(object))]
    }

    static func failure(_ code: FailedEvent.Code) -> [SocketIOValue] {
        [.json(["success": false, "error": .string(code.rawValue)])]
    }

    static func joined(_ head: ConversationHead) -> [SocketIOValue] {
        success(head.lastMessageID.map { ["last_message_id": .string($0.rawValue)] } ?? [:])
    }
}

/// The payload `P` of the contract: a conversation's id, bare or in an object.
extension ConversationID {
    init?(payload arguments: [SocketIOValue]) {
        guard let json = arguments.first?.json else { return nil }
        guard let id = json.stringValue ?? json["conversation_id"]?.stringValue, !id.isEmpty else { return nil }
        self.init(rawValue: id)
    }
}
