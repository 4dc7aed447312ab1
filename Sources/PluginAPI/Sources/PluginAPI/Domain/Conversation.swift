/// What one identity (app, device, user or none) and the agents say to each other (`data-model.md` 2).
public struct Conversation: Sendable, Hashable {
    /// The conversation's id.
    public var id: ConversationID
    /// The visitor it was opened for.
    public var visitorID: VisitorID
    /// The app it belongs to.
    public var app: AppID
    /// The device that opened it.
    public var device: DeviceID
    /// The user, once the app has identified them.
    public var userID: UserID?
    /// Whether it is open.
    public var status: ConversationStatus
    /// `device_context` and `user`, those that are known.
    public var metadata: JSONObject
    /// When it was opened.
    public var createdAt: Timestamp
    /// When a message or a change of state came last.
    public var updatedAt: Timestamp

    /// The device that it belongs to, with its app.
    public var owner: DeviceIdentity { DeviceIdentity(app: app, device: device) }

    /// Makes a conversation.
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
    /// Being talked in, or done; a message reopens it.
    case open, resolved
}

/// A conversation with the id of its newest message, as joining needs it.
public struct ConversationHead: Sendable, Hashable {
    /// The conversation.
    public var conversation: Conversation
    /// Nil while the conversation is empty.
    public var lastMessageID: MessageID?
    /// The newest message's number, 0 while the conversation is empty; nil: the store does not know it yet.
    public var lastSequence: Int64?

    /// Makes a head.
    public init(conversation: Conversation, lastMessageID: MessageID?, lastSequence: Int64?) {
        self.conversation = conversation
        self.lastMessageID = lastMessageID
        self.lastSequence = lastSequence
    }
}

/// Whose conversations a call may touch. Everything outside answers as if it did not exist.
public enum ConversationScope: Sendable, Hashable {
    /// A client: only its own device's.
    case device(DeviceIdentity)
    /// An agent: all of the app's.
    case app(AppID)

    /// The app within which both kinds stay.
    public var app: AppID {
        switch self {
        case .device(let identity): identity.app
        case .app(let app): app
        }
    }
}
