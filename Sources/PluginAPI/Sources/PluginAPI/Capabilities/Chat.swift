/// The rules of the chat, once (`http.md` 6, `socketio.md` 6-9): ownership, idempotency, lengths, the status machine,
/// typing, reopening, and who hears what. Rest, SocketIO and the other wires translate to and from these calls.
///
/// Calls throw ``ChatError``. A call that changes something has published its event when it returns.
public protocol Chat: ChatAccess, ChatConversations, ChatMessages, ChatTyping, ChatDevices {}

/// What a client shows to be let in. All of it came over the network and is unchecked.
public struct ClientClaim: Sendable {
    /// Who it says it is.
    public var device: DeviceIdentity
    /// The app's client key.
    public var key: String
    /// What the device alone knows: it chose it, and shows it with each call.
    public var deviceSecret: String?
    /// What the app's backend gave it for its user (``IdentityPolicy/token(for:)``).
    public var userToken: String?

    /// Makes a claim.
    public init(device: DeviceIdentity, key: String, deviceSecret: String? = nil, userToken: String? = nil) {
        self.device = device
        self.key = key
        self.deviceSecret = deviceSecret
        self.userToken = userToken
    }
}

/// Who may speak.
public protocol ChatAccess: Sendable {
    /// Whether a client is let in: by its key, and by its device's secret where the app asks for proofs of identity.
    ///
    /// - Returns: false for an unknown app or a wrong key.
    /// - Throws: `invalidDeviceSecret` or `invalidUserToken` for a proof that is missing or wrong.
    func admit(_ claim: ClientClaim) async throws -> Bool

    /// Every wire calls this before it hands on a user that a client names.
    ///
    /// - Throws: `invalidUserToken` if the app asks for proofs and the token is missing or not this user's.
    func checkUser(_ user: UserID, token: String?, in app: AppID) async throws

    /// Whether the client key is the app's. Unknown app and wrong key look alike. Cached: positives at most 60 s,
    /// negatives at most 10 s, under a hash of the key; what changes in the store counts a second later at most.
    func accepts(key: String, of app: AppID) async throws -> Bool

    /// Forgets what is cached of an app's keys on this node.
    func forgetKeys(of app: AppID)
}

/// Opening, finding, and resolving conversations.
public protocol ChatConversations: Sendable {
    /// Gets or creates the conversation of (app, device, user or none). Live connections of the device are joined to it.
    func openConversation(
        for owner: DeviceIdentity,
        user: UserProfile?,
        deviceContext: DeviceContext?
    ) async throws -> Conversation

    /// The conversation, if it is in scope; else `conversationNotFound`.
    func conversation(_ id: ConversationID, in scope: ConversationScope) async throws -> ConversationHead

    /// The device's latest conversation.
    func latestConversation(of owner: DeviceIdentity) async throws -> ConversationHead?

    /// Resolves or reopens; publishes `conversationUpdated` if that changed anything.
    func setStatus(
        _ status: ConversationStatus,
        of id: ConversationID,
        in scope: ConversationScope
    ) async throws -> Conversation
}

/// A message on its way in.
public struct MessageDraft: Sendable {
    /// A UUID; nil lets the server make one.
    public var localID: LocalMessageID?
    /// 1…5,000 UTF-16 units.
    public var body: String

    /// Makes a draft that has not been checked; the chat does that.
    public init(localID: LocalMessageID?, body: String) {
        self.localID = localID
        self.body = body
    }
}

/// Sending and reading messages, and their receipts.
public protocol ChatMessages: Sendable {
    /// Stores the message, publishes it, and returns it. A repeat of the local id returns what was stored before and
    /// publishes nothing. Throws `conversationNotFound`, `messageTooLong`, `invalidPayload`, `unavailable`.
    func send(
        _ draft: MessageDraft,
        to conversation: ConversationID,
        in scope: ConversationScope,
        as sender: Message.Sender
    ) async throws -> Message

    /// Messages created strictly after an instant, oldest first. `limit` is clamped to 1…`maxLimit`.
    func messages(
        of conversation: ConversationID,
        in scope: ConversationScope,
        createdAfter: Timestamp?,
        limit: Int
    ) async throws -> MessagePage

    /// Messages numbered strictly above `afterSequence`, in order. `limit` is clamped to 1…200.
    func messages(
        of conversation: ConversationID,
        in scope: ConversationScope,
        afterSequence: Int64,
        limit: Int
    ) async throws -> MessagePage

    /// Moves one message forward; a step back or none answers the stored status. Throws `messageNotFound`.
    func setStatus(
        _ status: MessageStatus,
        of message: MessageID,
        in conversation: ConversationID,
        scope: ConversationScope
    ) async throws -> MessageReceipt

    /// Marks messages delivered, at most 500 at once; answers what changed, in the given order.
    func markDelivered(
        _ messages: [MessageID],
        in conversation: ConversationID,
        scope: ConversationScope
    ) async throws -> [MessageReceipt]

    /// Marks messages of agents and the system read, up to a message or all; answers what changed, oldest first.
    func markRead(
        upTo message: MessageID?,
        in conversation: ConversationID,
        scope: ConversationScope
    ) async throws -> [MessageReceipt]
}

/// Who types in which conversation on this node. Safe from every thread.
public protocol ChatTyping: Sendable {
    /// A connection that has joined the conversation says that it types, or no longer does. Forwarded once per start;
    /// ends by itself after 6 s without a refresh, on ``leave(_:connection:)``, and when a message of its side is sent.
    ///
    /// The caller has checked that the connection joined the conversation.
    func typing(_ typing: Typing, by connection: ConnectionID)

    /// The connection left the conversation, or closed: what it was typing ends.
    func leave(_ conversation: ConversationID, connection: ConnectionID)
}

/// What a client says about its own device.
public protocol ChatDevices: Sendable {
    /// Ties the device to a user.
    func identify(_ user: UserProfile, on device: DeviceIdentity) async throws

    /// Registers where the device can be pushed to.
    func registerPushToken(_ token: PushToken, of device: DeviceIdentity) async throws

    /// Accepts an analytics event; stored within 5 s and at shutdown. Throws `unavailable` when the queue has
    /// no room left for this app.
    func track(_ event: TrackedEvent) throws
}
