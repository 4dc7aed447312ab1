/// Where apps, devices, conversations and messages are kept (`data-model.md`).
///
/// Rules that every implementation keeps, and that the store conformance suite checks:
/// - A call that returns has made its change durable; one that throws has changed nothing.
/// - Every query carries its app. What lies outside the given scope is as if it did not exist.
/// - Within a conversation, messages become visible in the order of their `sequence`; over all conversations numbers
///   only grow.
/// - Errors are ``ChatError``s: `unavailable` when the store cannot be reached, `storageFull` when it has no room.
public protocol Store: AppStore, ConversationStore, MessageStore, DeviceStore, IdentityStore, EventStore,
    DashboardStore, UsageStore, PushOutbox
{
    /// Throws when the store cannot do its work now.
    func checkHealth() async throws

    /// Whether several nodes may use it at once; true unless said otherwise.
    var isShared: Bool { get }
}

extension Store {
    /// Most are servers.
    public var isShared: Bool { true }
}

/// Tenants and their keys.
public protocol AppStore: Sendable {
    /// Stores a new app. Throws ``ChatError/Code/conflict`` if the id exists.
    func createApp(_ app: App, keyHash: String) async throws

    /// All apps, newest first.
    func apps() async throws -> [App]

    /// The tenant of this id; nil if there is none.
    func app(_ id: AppID) async throws -> App?

    /// What the app's key is checked against; nil for an unknown app.
    func credentials(of app: AppID) async throws -> AppCredentials?

    /// The same for several apps at once, in any order; unknown apps are left out.
    func credentials(of apps: [AppID]) async throws -> [AppCredentials]

    /// Replaces the key; the old one stays valid until `previousExpiresAt` (nil: not at all). False: unknown app.
    func rotateKey(of app: AppID, to keyHash: String, previousExpiresAt: Timestamp?, at now: Timestamp) async throws
        -> Bool
}

extension AppStore {
    /// Asks for one after the other.
    public func credentials(of apps: [AppID]) async throws -> [AppCredentials] {
        var found: [AppCredentials] = []
        for app in apps { if let known = try await credentials(of: app) { found.append(known) } }
        return found
    }
}

/// A conversation that is to exist.
public struct NewConversation: Sendable {
    /// Used only if the conversation is created.
    public var id: ConversationID
    /// The visitor's id, if a conversation has to be made.
    public var visitorID: VisitorID
    /// The device that asks.
    public var owner: DeviceIdentity
    /// The user of the device, if the app knows them; anonymous otherwise.
    public var userID: UserID?
    /// What the client told of its device; nil: nothing.
    public var deviceContext: DeviceContext?
    /// Now.
    public var at: Timestamp

    /// Makes the request.
    public init(
        id: ConversationID,
        visitorID: VisitorID,
        owner: DeviceIdentity,
        userID: UserID?,
        deviceContext: DeviceContext?,
        at: Timestamp
    ) {
        self.id = id
        self.visitorID = visitorID
        self.owner = owner
        self.userID = userID
        self.deviceContext = deviceContext
        self.at = at
    }
}

/// Conversations at rest. Every call that writes is durable when it returns.
public protocol ConversationStore: Sendable {
    /// Finds the conversation of (app, device, user or none) or creates it; of racing calls all get the same row and
    /// exactly one gets `isNew`. A newer device context is merged into the metadata under `device_context`, and the
    /// device row is upserted with its platform and user. Opening does not change `updatedAt` of a found row.
    func openConversation(_ new: NewConversation) async throws -> (conversation: Conversation, isNew: Bool)

    /// The conversation with its newest message's id, if it is in scope.
    func conversation(_ id: ConversationID, in scope: ConversationScope) async throws -> ConversationHead?

    /// The device's conversation with the latest `updatedAt`.
    func latestConversation(of owner: DeviceIdentity) async throws -> ConversationHead?

    /// Sets the status, touching `updatedAt` if it changed. Nil: not in scope.
    func setStatus(_ status: ConversationStatus, of id: ConversationID, in scope: ConversationScope, at now: Timestamp)
        async throws -> (conversation: Conversation, changed: Bool)?
}

/// A message that is to be stored.
public struct NewMessage: Sendable {
    /// The id that the message gets, if it is new.
    public var id: MessageID
    /// The writer's own id: one message exists for each within a conversation.
    public var localID: LocalMessageID
    /// Where it goes.
    public var conversation: ConversationID
    /// What the writer may reach.
    public var scope: ConversationScope
    /// Who writes.
    public var sender: Message.Sender
    /// The text, checked before.
    public var body: String
    /// Now; becomes the message's time, unless the conversation has one that is as late: then it is the next millisecond.
    public var at: Timestamp
    /// What is kept for a push, in the same transaction, if the message is new; nil: nothing. Ignored for messages of
    /// users.
    public var push: PushIntent?

    /// Makes the request.
    public init(
        id: MessageID,
        localID: LocalMessageID,
        conversation: ConversationID,
        scope: ConversationScope,
        sender: Message.Sender,
        body: String,
        at: Timestamp,
        push: PushIntent? = nil
    ) {
        self.push = push
        self.id = id
        self.localID = localID
        self.conversation = conversation
        self.scope = scope
        self.sender = sender
        self.body = body
        self.at = at
    }
}

/// What became of a ``NewMessage``.
public struct StoredMessage: Sendable {
    /// The message as stored, also when it was there before.
    public var message: Message
    /// The conversation after the message: touched, and reopened if a user wrote into a resolved one.
    public var conversation: Conversation
    /// False: the local id was known, ``message`` is the one stored before.
    public var isNew: Bool
    /// The message reopened its conversation.
    public var reopened: Bool
    /// For a new message: the number of the one before it in its conversation, 0 if it is the first; nil: not known.
    public var previousSequence: Int64?

    /// Makes the answer.
    public init(
        message: Message,
        conversation: Conversation,
        isNew: Bool,
        reopened: Bool,
        previousSequence: Int64? = nil
    ) {
        self.previousSequence = previousSequence
        self.message = message
        self.conversation = conversation
        self.isNew = isNew
        self.reopened = reopened
    }
}

/// One page of messages, oldest first.
public struct MessagePage: Sendable {
    /// The messages of this page, in order.
    public var messages: [Message]
    /// Whether there are more behind it.
    public var hasMore: Bool

    /// Makes a page.
    public init(messages: [Message], hasMore: Bool) {
        self.messages = messages
        self.hasMore = hasMore
    }

    /// A page ends after this many bytes of text, whatever its limit: an answer must not be as large as its reader likes.
    public static let textLimit = 1024 * 1024

    /// Ends the page where its texts have reached ``textLimit``; one message is always kept.
    ///
    /// - Parameter keepsInstants: the next page is asked for by the last message's instant, so that messages of one
    ///   instant stay together.
    public func endedByText(keepsInstants: Bool) -> MessagePage {
        var byteCount = 0
        let first = messages.firstIndex { message in
            byteCount += message.body.utf8.count
            return byteCount > Self.textLimit
        }
        guard let first else { return self }
        var end = max(1, first)
        if keepsInstants, end < messages.count {
            let instant = messages[end].createdAt
            let start = messages[..<end].lastIndex { $0.createdAt != instant }.map { $0 + 1 } ?? 0
            end = start > 0 ? start : messages[end...].firstIndex { $0.createdAt != instant } ?? messages.count
        }
        guard end < messages.count else { return self }
        return MessagePage(messages: Array(messages[..<end]), hasMore: true)
    }
}

/// Messages at rest, numbered by one sequence. Every call that writes is durable when it returns.
public protocol MessageStore: Sendable {
    /// Stores a message, once per (conversation, local id), drawing the next number of the global sequence under the
    /// conversation's lock and touching the conversation; a message of a user reopens a resolved conversation.
    ///
    /// `onCommit` is called exactly once for a new message and never for a repeat: after the commit, before this
    /// function returns, and for messages of one conversation in the order of their numbers. It must be quick and must
    /// not block: it runs on the store's writer.
    ///
    /// Within a conversation `createdAt` grows with every message by a millisecond at least, whatever the clocks of
    /// nodes say, so that the order of time is the order of numbers and a page by time misses nothing.
    ///
    /// - Returns: nil when the conversation is not in scope.
    func append(_ new: NewMessage, onCommit: @escaping @Sendable (StoredMessage) -> Void) async throws -> StoredMessage?

    /// Messages created strictly after an instant, ordered by (`createdAt`, `sequence`). Nil: not in scope.
    ///
    /// The next page is asked for by the last instant, so a page does not end between messages of one
    /// millisecond, which other programs may have written: it is longer then, by 1,000 messages at most.
    func messages(
        of conversation: ConversationID,
        in scope: ConversationScope,
        createdAfter: Timestamp?,
        limit: Int
    ) async throws -> MessagePage?

    /// Messages with a number strictly above, ordered by number. Nil: not in scope.
    func messages(
        of conversation: ConversationID,
        in scope: ConversationScope,
        afterSequence: Int64,
        limit: Int
    ) async throws -> MessagePage?

    /// Moves one message forward if ``MessageStatus/mayBecome(_:)`` allows it. Clients may only move messages they did
    /// not send. Nil: conversation not in scope; `message` nil: no such message in it.
    func setStatus(
        _ status: MessageStatus,
        of message: MessageID,
        in conversation: ConversationID,
        scope: ConversationScope,
        at now: Timestamp
    ) async throws -> (message: Message?, changed: Bool)?

    /// Moves the named messages to `DELIVERED` in one statement; answers those that changed, in the given order.
    /// Nil: conversation not in scope.
    func markDelivered(
        _ messages: [MessageID],
        in conversation: ConversationID,
        scope: ConversationScope,
        at now: Timestamp
    ) async throws -> [Message]?

    /// Moves messages of agents and the system to `READ`, up to and including the bound (by sequence); a bound that is
    /// nil or not in this conversation means all. Answers those that changed, oldest first. Nil: not in scope.
    func markRead(
        upTo bound: MessageID?,
        in conversation: ConversationID,
        scope: ConversationScope,
        at now: Timestamp
    ) async throws -> [Message]?
}

/// Devices and the people behind them at rest.
public protocol DeviceStore: Sendable {
    /// Ties the device to the user: upserts the device row, merges the profile under `user` into the metadata of the
    /// conversations this user has on the device, and adopts the device's anonymous conversation if the user has none
    /// there. Conversations of other users are left alone.
    func identify(_ user: UserProfile, on device: DeviceIdentity, at now: Timestamp) async throws

    /// Sets the device's push token and takes it from any other device of the app that holds it.
    func setPushToken(_ token: PushToken, of device: DeviceIdentity, at now: Timestamp) async throws

    /// Clears the device's token if it is still this one. False: it was another.
    func clearPushToken(_ token: String, of device: DeviceIdentity, at now: Timestamp) async throws -> Bool

    /// Where the device can be pushed to; nil if it registered nothing.
    func pushToken(of device: DeviceIdentity) async throws -> PushToken?
}

/// The events that apps track, at rest.
public protocol EventStore: Sendable {
    /// Stores tracked events of one app, all or none.
    func record(_ events: [TrackedEvent]) async throws
}
