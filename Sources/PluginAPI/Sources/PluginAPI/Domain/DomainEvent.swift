/// Something that happened and that others may want to hear of.
///
/// Events go to topics through the ``RealtimeHub`` and to plugins that subscribed. New cases may be added: handle
/// what you know and ignore the rest with `default`.
public enum DomainEvent: Sendable {
    /// A message was stored for the first time; never for a repeat.
    case messageCreated(Message, conversation: Conversation)
    /// One message moved forward.
    case messageStatusChanged(MessageReceipt)
    /// One read call moved these messages of a conversation to `READ`.
    case messagesRead(ConversationID, app: AppID, messages: [MessageID], at: Timestamp)
    /// Someone began or stopped typing.
    case typing(Typing)
    /// A client asked for its conversation; `isNew` when that created it.
    case conversationOpened(Conversation, isNew: Bool)
    /// A conversation's status changed.
    case conversationUpdated(Conversation)
    /// A device came online or went offline.
    case presenceChanged(DeviceIdentity, isOnline: Bool)
    /// A client connection opened.
    case sessionConnected(ConnectionInfo)
    /// A client connection closed; the reason is one of the words of `socketio.md` 7.
    case sessionDisconnected(ConnectionInfo, reason: String)
    /// An app identified the user of a device.
    case userIdentified(DeviceIdentity, UserProfile)
    /// An app's client tracked an event of its own.
    case eventTracked(TrackedEvent)

    public var app: AppID {
        switch self {
        case .messageCreated(let message, _): message.app
        case .messageStatusChanged(let receipt): receipt.app
        case .messagesRead(_, let app, _, _): app
        case .typing(let typing): typing.app
        case .conversationOpened(let conversation, _): conversation.app
        case .conversationUpdated(let conversation): conversation.app
        case .presenceChanged(let identity, _): identity.app
        case .sessionConnected(let info): info.device.app
        case .sessionDisconnected(let info, _): info.device.app
        case .userIdentified(let identity, _): identity.app
        case .eventTracked(let event): event.device.app
        }
    }
}

/// A message's new status.
public struct MessageReceipt: Sendable, Hashable {
    public var message: MessageID
    public var conversation: ConversationID
    public var app: AppID
    public var status: MessageStatus
    public var updatedAt: Timestamp

    public init(
        message: MessageID,
        conversation: ConversationID,
        app: AppID,
        status: MessageStatus,
        updatedAt: Timestamp
    ) {
        self.message = message
        self.conversation = conversation
        self.app = app
        self.status = status
        self.updatedAt = updatedAt
    }
}

/// Who types where.
public struct Typing: Sendable, Hashable {
    /// Which end of a conversation types.
    public enum Side: Sendable, Hashable {
        /// The client, on this device.
        case user(DeviceID)
        case agent
    }

    public var conversation: ConversationID
    public var app: AppID
    public var side: Side
    public var isTyping: Bool

    public init(conversation: ConversationID, app: AppID, side: Side, isTyping: Bool) {
        self.conversation = conversation
        self.app = app
        self.side = side
        self.isTyping = isTyping
    }
}

/// A live client connection, of whatever transport: what the dashboard calls a session.
public struct ConnectionInfo: Sendable, Hashable {
    public var id: ConnectionID
    public var device: DeviceIdentity
    public var connectedAt: Timestamp

    public init(id: ConnectionID, device: DeviceIdentity, connectedAt: Timestamp) {
        self.id = id
        self.device = device
        self.connectedAt = connectedAt
    }
}

/// An analytics event of an app (`http.md` 6.9).
public struct TrackedEvent: Sendable, Hashable {
    public var device: DeviceIdentity
    public var userID: UserID
    public var name: String
    public var properties: JSONObject
    public var userPlan: String?
    public var userCountry: String?
    public var sessionID: String
    public var platform: String?
    public var appVersion: String?
    public var at: Timestamp

    public init(
        device: DeviceIdentity,
        userID: UserID,
        name: String,
        properties: JSONObject = [:],
        userPlan: String? = nil,
        userCountry: String? = nil,
        sessionID: String,
        platform: String? = nil,
        appVersion: String? = nil,
        at: Timestamp
    ) {
        self.device = device
        self.userID = userID
        self.name = name
        self.properties = properties
        self.userPlan = userPlan
        self.userCountry = userCountry
        self.sessionID = sessionID
        self.platform = platform
        self.appVersion = appVersion
        self.at = at
    }
}
