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
    /// What clients of the app were let in by holds no more: its key was replaced without an overlap, or it asks for
    /// other proofs of identity. Connections of clients end, and unless `keyHolds` those that the key alone opened for
    /// agents. Each node finds out by itself.
    case accessRevoked(AppID, keyHolds: Bool)

    /// The app in which it happened.
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
        case .accessRevoked(let app, _): app
        }
    }
}

/// A message's new status.
public struct MessageReceipt: Sendable, Hashable {
    /// The message.
    public var message: MessageID
    /// Its conversation.
    public var conversation: ConversationID
    /// Its app.
    public var app: AppID
    /// What it is now.
    public var status: MessageStatus
    /// Since when.
    public var updatedAt: Timestamp

    /// Of how many messages that one call has read the status is told one by one; all are told together as well.
    public static let mostReadAtOnce = 500

    /// Makes a receipt.
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
        /// Whoever answers for the app.
        case agent
    }

    /// Where somebody types.
    public var conversation: ConversationID
    /// The conversation's app.
    public var app: AppID
    /// Who types.
    public var side: Side
    /// False: stopped.
    public var isTyping: Bool

    /// Makes the event.
    public init(conversation: ConversationID, app: AppID, side: Side, isTyping: Bool) {
        self.conversation = conversation
        self.app = app
        self.side = side
        self.isTyping = isTyping
    }
}

/// A live client connection, of whatever transport: what the dashboard calls a session.
public struct ConnectionInfo: Sendable, Hashable {
    /// The connection's id.
    public var id: ConnectionID
    /// Whose connection it is.
    public var device: DeviceIdentity
    /// When it joined.
    public var connectedAt: Timestamp

    /// Makes the facts of a connection.
    public init(id: ConnectionID, device: DeviceIdentity, connectedAt: Timestamp) {
        self.id = id
        self.device = device
        self.connectedAt = connectedAt
    }
}

/// An analytics event of an app (`http.md` 6.9).
public struct TrackedEvent: Sendable, Hashable {
    /// The device that reports.
    public var device: DeviceIdentity
    /// The user as the client names them.
    public var userID: UserID
    /// What happened, in the app's own word.
    public var name: String
    /// What belongs to it: a JSON object as text, since parsed it takes many times the room while it waits.
    public var properties: String
    /// The user's plan, if told.
    public var userPlan: String?
    /// The user's country, if told.
    public var userCountry: String?
    /// The client's session.
    public var sessionID: String
    /// The client's platform, if told.
    public var platform: String?
    /// The client's version, if told.
    public var appVersion: String?
    /// When it came to the server.
    public var at: Timestamp

    /// Makes an event.
    public init(
        device: DeviceIdentity,
        userID: UserID,
        name: String,
        properties: String = "{}",
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
