import NIOCore
import PluginAPI

/// How the sockets of `/client` see events (`socketio.md` 6).
struct ClientFormat: WireFormat {
    static let namespace = "/client"

    let name = "socketio:/client"
    private let events = ConversationEvents(namespace: namespace)

    func frame(for event: DomainEvent) -> ByteBuffer? {
        switch event {
        case .messageCreated(let message, _): events.messageNew(message)
        case .messageStatusChanged(let receipt): events.messageStatus(receipt)
        case .messagesRead(let conversation, let app, let messages, let at):
            events.messagesRead(conversation, app, messages, at)
        case .typing(let typing): events.typing(typing)
        default: nil
        }
    }
}
