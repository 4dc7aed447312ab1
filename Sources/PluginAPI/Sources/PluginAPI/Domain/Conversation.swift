/// What one identity (app, device, user or none) and the agents say to each other (`data-model.md` 2).
public struct Conversation: Sendable, Hashable {
    public var id: ConversationID
    public var visitorID: VisitorID
    public var app: AppID
    public var device: DeviceID
    public var userID: UserID?
    public var status: ConversationStatus
    /// `device_context` and `user`, those that are known.
    public var metadata: JSONObject
    public var createdAt: Timestamp
    public var updatedAt: Timestamp

    public var owner: DeviceIdentity { DeviceIdentity(app: app, device: device) }

    public init(
        id: ConversationID,
        visitorID: VisitorID,
        app: AppID,
        device: DeviceID,
        userID: UserID?,
        status: ConversationStatus,
        metadata: JSONObject,
        createdAt: Timestamp,
        updatedAt: Timestamp
    ) {
        self.id = id
        self.visitorID = visitorID
        self.app = app
        self.device = device
        self.userID = userID
        self.status = status
        self.metadata = metadata
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }
}

/// Whether a conversation still waits for somebody; the raw values are those of the wire and the store.
public enum ConversationStatus: String, Sendable, CaseIterable {
    case open, resolved
}

/// A conversation with the id of its newest message, as joining needs it.
public struct ConversationHead: Sendable, Hashable {
    public var conversation: Conversation
    /// Nil while the conversation is empty.
    public var lastMessageID: MessageID?

    public init(conversation: Conversation, lastMessageID: MessageID?) {
        self.conversation = conversation
        self.lastMessageID = lastMessageID
    }
}

/// Whose conversations a call may touch. Everything outside answers as if it did not exist.
public enum ConversationScope: Sendable, Hashable {
    /// A client: only its own device's.
    case device(DeviceIdentity)
    /// An agent: all of the app's.
    case app(AppID)

    public var app: AppID {
        switch self {
        case .device(let identity): identity.app
        case .app(let app): app
        }
    }
}
