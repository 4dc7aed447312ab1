import NIOCore
import PluginAPI

/// How the sockets of `/admin` see events (`socketio.md` 7).
struct AdminFormat: WireFormat {
    static let namespace = "/admin"

    let name = "socketio:/admin"
    private let events = ConversationEvents(namespace: namespace)
    private let sessionConnect = SocketIOEventTemplate(namespace: namespace, event: "session:connect")
    private let sessionDisconnect = SocketIOEventTemplate(namespace: namespace, event: "session:disconnect")
    private let presenceChange = SocketIOEventTemplate(namespace: namespace, event: "presence:change")
    private let conversationUpdated = SocketIOEventTemplate(namespace: namespace, event: "conversation:updated")

    func frame(for event: DomainEvent) -> ByteBuffer? {
        switch event {
        case .messageCreated(let message, _): events.messageNew(message)
        case .messageStatusChanged(let receipt): events.messageStatus(receipt)
        case .messagesRead(let conversation, let app, let messages, let at):
            events.messagesRead(conversation, app, messages, at)
        case .typing(let typing): events.typing(typing)
        case .conversationUpdated(let conversation): frame(conversation)
        case .presenceChanged(let device, let isOnline): frame(device, isOnline: isOnline)
        case .sessionConnected(let session): frame(connected: session)
        case .sessionDisconnected(let session, let reason): frame(disconnected: session, reason: reason)
        default: nil
        }
    }

    private func frame(_ conversation: Conversation) -> ByteBuffer {
        conversationUpdated.frame { json in
            json.beginObject()
            json.field("conversation_id", conversation.id)
            json.field("device_id", conversation.device)
            json.fieldIfPresent("user_id", conversation.userID)
            json.field("status", conversation.status.rawValue)
            json.field("updated_at", conversation.updatedAt)
            json.endObject()
        }
    }

    private func frame(_ device: DeviceIdentity, isOnline: Bool) -> ByteBuffer {
        presenceChange.frame { json in
            json.beginObject()
            json.field("app_id", device.app)
            json.field("device_id", device.device)
            json.field("is_online", isOnline)
            json.endObject()
        }
    }

    private func frame(connected session: ConnectionInfo) -> ByteBuffer {
        sessionConnect.frame { json in
            json.beginObject()
            json.field("connection_id", session.id)
            json.field("device_id", session.device.device)
            json.field("app_id", session.device.app)
            json.field("connected_at", session.connectedAt)
            json.endObject()
        }
    }

    private func frame(disconnected session: ConnectionInfo, reason: String) -> ByteBuffer {
        sessionDisconnect.frame { json in
            json.beginObject()
            json.field("connection_id", session.id)
            json.field("device_id", session.device.device)
            json.field("reason", reason)
            json.endObject()
        }
    }
}
