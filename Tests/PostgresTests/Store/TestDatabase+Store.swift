import PluginAPI

@testable import PostgresPlugin

extension TestDatabase {
    /// The schema that the product would make in it.
    var schema: PostgresSchema {
        get throws { PostgresSchema(connection: try options.connection) }
    }

    /// Brings the schema up to date.
    func migrate() async throws {
        try await schema.apply(finalizing: false) { _ in }
    }

    /// Lends a store on an up-to-date schema, and the pool beneath it, and closes them, whatever happens.
    func withFreshStore<Value>(_ body: (PostgresStore) async throws -> Value) async throws -> Value {
        try await migrate()
        return try await withPool { pool in try await body(PostgresStore(pool: pool)) }
    }
}

/// An app with one conversation to write into.
struct Place: Sendable {
    var app = AppID(IDGenerator.uuidV4())
    var conversation = ConversationID(IDGenerator.conversation())
    var owner: DeviceIdentity { DeviceIdentity(app: app, device: "phone") }
    var scope: ConversationScope { .app(app) }
}

extension PostgresStore {
    func makePlace() async throws -> Place {
        let place = Place()
        try await createApp(App(id: place.app, name: "Test", createdAt: .epoch), keyHash: "hash \(place.app)")
        return try await open(place)
    }

    /// Opens one more conversation of the place's app.
    func open(_ place: Place, device: DeviceID = "phone", context: DeviceContext? = nil) async throws -> Place {
        var place = place
        let opened = try await openConversation(
            NewConversation(
                id: ConversationID(IDGenerator.conversation()), visitorID: VisitorID(IDGenerator.visitor()),
                owner: DeviceIdentity(app: place.app, device: device), userID: nil, deviceContext: context,
                at: .epoch))
        place.conversation = opened.conversation.id
        return place
    }

    @discardableResult
    func say(
        _ body: String,
        in place: Place,
        local: String = IDGenerator.uuidV4(),
        from sender: Message.Sender = .user,
        onCommit: @escaping @Sendable (StoredMessage) -> Void = { _ in }
    ) async throws -> StoredMessage? {
        let new = NewMessage(
            id: MessageID(IDGenerator.message()), localID: LocalMessageID(local), conversation: place.conversation,
            scope: place.scope, sender: sender, body: body, at: .epoch)
        return try await append(new, onCommit: onCommit)
    }

    /// All messages, over as many pages as it takes.
    func everything(in place: Place) async throws -> [Message] {
        var seen: [Message] = []
        while let page = try await messages(
            of: place.conversation, in: place.scope, afterSequence: seen.last?.sequence ?? 0, limit: 1_000)
        {
            seen += page.messages
            if !page.hasMore { break }
        }
        return seen
    }
}
