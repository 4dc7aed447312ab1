import PluginAPI
import Testing

/// A fresh app in a store, and short words for what rules do over and over.
struct Scene: Sendable {
    let store: any Store
    let app: AppID

    init(_ store: any Store) async throws {
        self.store = store
        app = AppID(IDGenerator.uuidV4())
        try await store.createApp(App(id: app, name: "Scene", createdAt: at(0)), keyHash: "hash-\(app)")
    }

    /// The same store, another tenant.
    func neighbour() async throws -> Scene { try await Scene(store) }

    func device(_ name: String = "phone") -> DeviceIdentity { DeviceIdentity(app: app, device: DeviceID(name)) }

    var agents: ConversationScope { .app(app) }

    func open(
        _ owner: DeviceIdentity? = nil,
        user: UserID? = nil,
        context: DeviceContext? = nil,
        at time: Timestamp = at(1)
    ) async throws -> (conversation: Conversation, isNew: Bool) {
        try await store.openConversation(
            NewConversation(
                id: ConversationID(IDGenerator.conversation()), visitorID: VisitorID(IDGenerator.visitor()),
                owner: owner ?? device(), userID: user, deviceContext: context, at: time))
    }

    func new(
        _ body: String,
        to conversation: ConversationID,
        from sender: Message.Sender = .user,
        scope: ConversationScope? = nil,
        local: String = IDGenerator.uuidV4(),
        at time: Timestamp = at(2),
        push: PushIntent? = nil
    ) -> NewMessage {
        NewMessage(
            id: MessageID(IDGenerator.message()), localID: LocalMessageID(local), conversation: conversation,
            scope: scope ?? agents, sender: sender, body: body, at: time, push: push)
    }

    @discardableResult
    func say(
        _ body: String,
        in conversation: ConversationID,
        from sender: Message.Sender = .user,
        at time: Timestamp = at(2)
    ) async throws -> Message {
        let new = new(body, to: conversation, from: sender, at: time)
        let stored = try await store.append(new) { _ in }
        return try #require(stored).message
    }

    func all(_ conversation: ConversationID) async throws -> [Message] {
        let page = try await store.messages(of: conversation, in: agents, afterSequence: 0, limit: 1_000)
        return try #require(page).messages
    }

    func head(_ conversation: ConversationID) async throws -> ConversationHead {
        let head = try await store.conversation(conversation, in: agents)
        return try #require(head)
    }
}

/// An instant that many milliseconds into the story.
func at(_ milliseconds: Int64) -> Timestamp { Timestamp(milliseconds: 1_769_681_757_120 + milliseconds) }

/// What a call throws must be a `ChatError` of this code.
func expectError(_ code: ChatError.Code, _ body: () async throws -> Void) async {
    do {
        try await body()
        Issue.record("expected \(code), but nothing was thrown")
    } catch let error as ChatError {
        #expect(error.code == code)
    } catch {
        Issue.record("expected \(code), got \(error)")
    }
}
