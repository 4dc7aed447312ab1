import NIOCore
import PluginAPI

/// How the peers of both endpoints see events (`legacy-ws.md` 2, 3 and 6). Absent fields are left out.
struct LegacyFormat: WireFormat {
    let name: String
    /// Only agents are told which device types: to a client it would name another one's.
    private let namesDevices: Bool

    static let client = LegacyFormat(name: "legacy:client", namesDevices: false)
    static let admin = LegacyFormat(name: "legacy:admin", namesDevices: true)

    func frame(for event: DomainEvent) -> ByteBuffer? {
        switch event {
        case .messageCreated(let message, _): frame(message)
        case .messageStatusChanged(let receipt): frame(receipt)
        case .messagesRead(let conversation, let app, let messages, let at):
            frames(conversation, app, messages, readAt: at)
        case .typing(let typing): frame(typing)
        default: nil
        }
    }

    private func frame(_ message: Message) -> ByteBuffer {
        LegacyFrame.make("message.new", capacity: 320 + message.body.utf8.count) { json in
            json.key("message")
            json.message(message)
        }
    }

    private func frame(_ receipt: MessageReceipt) -> ByteBuffer {
        LegacyFrame.make("message.status") { json in
            json.field("message_id", receipt.message)
            json.field("conversation_id", receipt.conversation)
            json.field("status", receipt.status.rawValue)
            json.field("updated_at", receipt.updatedAt)
        }
    }

    /// The status of each message, then all of them together.
    private func frames(
        _ conversation: ConversationID, _ app: AppID, _ messages: [MessageID], readAt: Timestamp
    ) -> ByteBuffer {
        var frames = ByteBuffer()
        for message in messages.prefix(MessageReceipt.mostReadAtOnce) {
            let receipt = MessageReceipt(
                message: message, conversation: conversation, app: app, status: .read, updatedAt: readAt)
            frames.writeImmutableBuffer(frame(receipt))
        }
        frames.writeImmutableBuffer(frame(conversation, messages, readAt: readAt))
        return frames
    }

    private func frame(_ conversation: ConversationID, _ messages: [MessageID], readAt: Timestamp) -> ByteBuffer {
        LegacyFrame.make("messages.read", capacity: 160 + messages.count * 32) { json in
            json.field("conversation_id", conversation)
            json.key("message_ids")
            json.beginArray()
            for message in messages { json.string(message.rawValue) }
            json.endArray()
            json.field("read_at", readAt)
        }
    }

    private func frame(_ typing: Typing) -> ByteBuffer {
        let (type, device): (String, DeviceID?) =
            switch typing.side {
            case .agent: ("agent.typing", nil)
            case .user(let device): ("user.typing", namesDevices ? device : nil)
            }
        return LegacyFrame.make(type) { json in
            json.field("conversation_id", typing.conversation)
            json.fieldIfPresent("device_id", device)
            json.field("is_typing", typing.isTyping)
        }
    }
}
