import NIOCore
import PluginAPI

/// The events of a conversation, which both namespaces see alike. Absent fields are left out: the SDK reads a null as
/// text (`socketio.md` 3).
struct ConversationEvents: Sendable {
    private let messageNew: SocketIOEventTemplate
    private let messageStatus: SocketIOEventTemplate
    private let messagesRead: SocketIOEventTemplate
    private let agentTyping: SocketIOEventTemplate
    private let userTyping: SocketIOEventTemplate

    init(namespace: String) {
        messageNew = SocketIOEventTemplate(namespace: namespace, event: "message:new")
        messageStatus = SocketIOEventTemplate(namespace: namespace, event: "message:status")
        messagesRead = SocketIOEventTemplate(namespace: namespace, event: "messages:read")
        agentTyping = SocketIOEventTemplate(namespace: namespace, event: "agent:typing")
        userTyping = SocketIOEventTemplate(namespace: namespace, event: "user:typing")
    }

    func messageNew(_ message: Message) -> ByteBuffer {
        messageNew.frame(capacity: 256 + message.body.utf8.count) { $0.message(message) }
    }

    func messageStatus(_ receipt: MessageReceipt) -> ByteBuffer {
        messageStatus.frame { json in
            json.beginObject()
            json.field("message_id", receipt.message)
            json.field("id", receipt.message)
            json.field("conversation_id", receipt.conversation)
            json.field("status", receipt.status.rawValue)
            json.field("updated_at", receipt.updatedAt)
            json.endObject()
        }
    }

    /// The status of each message, then all of them together.
    func messagesRead(
        _ conversation: ConversationID, _ app: AppID, _ messages: [MessageID], _ at: Timestamp
    ) -> ByteBuffer {
        var frames = ByteBuffer()
        for message in messages.prefix(MessageReceipt.mostReadAtOnce) {
            let receipt = MessageReceipt(
                message: message, conversation: conversation, app: app, status: .read, updatedAt: at)
            frames.writeImmutableBuffer(messageStatus(receipt))
        }
        frames.writeImmutableBuffer(messagesRead(conversation, messages, at))
        return frames
    }

    private func messagesRead(
        _ conversation: ConversationID, _ messages: [MessageID], _ at: Timestamp
    ) -> ByteBuffer {
        messagesRead.frame { json in
            json.beginObject()
            json.field("conversation_id", conversation)
            json.key("message_ids")
            json.beginArray()
            for message in messages { json.string(message.rawValue) }
            json.endArray()
            json.field("read_at", at)
            json.endObject()
        }
    }

    func typing(_ typing: Typing) -> ByteBuffer {
        switch typing.side {
        case .agent:
            agentTyping.frame { json in
                json.beginObject()
                json.field("conversation_id", typing.conversation)
                json.field("is_typing", typing.isTyping)
                json.endObject()
            }
        case .user(let device):
            userTyping.frame { json in
                json.beginObject()
                json.field("conversation_id", typing.conversation)
                json.field("device_id", device)
                json.field("is_typing", typing.isTyping)
                json.endObject()
            }
        }
    }
}
