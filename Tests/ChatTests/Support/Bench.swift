import Logging
import NIOEmbedded
import Synchronization

@testable import ChatPlugin
@testable import PluginAPI

/// A chat over a store in memory, with a clock and a loop that are moved by hand.
struct Bench: Sendable {
    let store = MemoryStore()
    let loop = NIOAsyncTestingEventLoop()
    let clock = ManualClock(Timestamp(milliseconds: 1_000_000))
    let hub = RealtimeHub(eventLoops: [])
    let heard = Heard()
    let service: ChatService

    let phone = DeviceIdentity(app: "app", device: "phone")
    var scope: ConversationScope { .device(phone) }

    init(configuration: ChatConfiguration = ChatConfiguration()) {
        service = ChatService(
            store: store, hub: hub, clock: clock, eventLoop: loop, configuration: configuration,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, health: PluginHealth(clock: clock))
        hub.subscribe({ [heard] in heard.events.append($0) }, owner: "test")
        hub.use(heard)
    }

    /// An open conversation of the phone, with nothing heard so far.
    func conversation() async throws -> ConversationID {
        let id = try await service.openConversation(for: phone, user: nil, deviceContext: nil).id
        heard.forget()
        return id
    }

    func send(_ body: String, to id: ConversationID, as sender: Message.Sender = .agent) async throws -> Message {
        let scope: ConversationScope = sender == .user ? scope : .app("app")
        return try await service.send(MessageDraft(localID: nil, body: body), to: id, in: scope, as: sender)
    }

    func typing(_ id: ConversationID, _ isTyping: Bool = true, side: Typing.Side = .user("phone")) -> Typing {
        Typing(conversation: id, app: "app", side: side, isTyping: isTyping)
    }
}

/// What was published: the events as subscribers hear them, and the topics they went to.
final class Heard: Bus {
    final class Events: Sendable {
        private let values = Mutex<[DomainEvent]>([])
        func append(_ event: DomainEvent) { values.withLock { $0.append(event) } }
        var all: [DomainEvent] { values.withLock { $0 } }
        func removeAll() { values.withLock { $0 = [] } }
    }

    let events = Events()
    private let sent = Mutex<[[Topic]]>([])

    var names: [String] { events.all.map(\.name) }
    var topics: [[Topic]] { sent.withLock { $0 } }

    func forget() {
        events.removeAll()
        sent.withLock { $0 = [] }
    }

    func publish(_ publication: ClusterPublication) { sent.withLock { $0.append(publication.topics) } }
    func receive(_ receiver: @escaping @Sendable (ClusterPublication) -> Void) {}
    func interest(in topic: Topic, exists: Bool) {}
}

extension DomainEvent {
    /// The event as a short text.
    var name: String {
        switch self {
        case .messageCreated(let message, _): "created \(message.body)"
        case .messageStatusChanged(let receipt): "status \(receipt.status.rawValue)"
        case .messagesRead(_, _, let messages, _): "read \(messages.count)"
        case .typing(let typing): "\(typing.side == .agent ? "agent" : "user") \(typing.isTyping ? "types" : "rests")"
        case .conversationOpened(_, let isNew): "opened \(isNew)"
        case .conversationUpdated(let conversation): "updated \(conversation.status)"
        case .userIdentified(_, let user): "identified \(user.id)"
        case .eventTracked(let event): "tracked \(event.name)"
        case .accessRevoked(let app, let keyHolds): "revoked \(app)\(keyHolds ? ", key holds" : "")"
        default: "unexpected \(self)"
        }
    }
}
