/// A conversation as the dashboard lists it (`http.md` 9.2, row C).
public struct ConversationRow: Sendable, Hashable {
    /// The conversation.
    public var conversation: Conversation
    /// The newest message; nil: none was written.
    public var lastMessage: Message?

    /// Makes a row.
    public init(conversation: Conversation, lastMessage: Message?) {
        self.conversation = conversation
        self.lastMessage = lastMessage
    }
}

/// A person as the dashboard lists it (`http.md` 9.2, row U): a user over all devices, or an unidentified device.
public struct UserRow: Sendable, Hashable {
    /// Who it is.
    public var key: UserKey
    /// The devices of the conversations, by id; at most 1,000.
    public var deviceIDs: [DeviceID]
    /// How many conversations there are, of every state.
    public var conversationCount: Int
    /// The conversation that was changed last.
    public var primaryConversation: ConversationID
    /// The newest message of any of the conversations.
    public var lastMessage: Message?
    /// The latest `updatedAt` of the conversations.
    public var lastSeenAt: Timestamp
    /// When the first of the conversations was opened.
    public var createdAt: Timestamp
    /// From the profile, when the user was identified with a name.
    public var name: String?

    /// Makes a row.
    public init(
        key: UserKey,
        deviceIDs: [DeviceID],
        conversationCount: Int,
        primaryConversation: ConversationID,
        lastMessage: Message?,
        lastSeenAt: Timestamp,
        createdAt: Timestamp,
        name: String?
    ) {
        self.key = key
        self.deviceIDs = deviceIDs
        self.conversationCount = conversationCount
        self.primaryConversation = primaryConversation
        self.lastMessage = lastMessage
        self.lastSeenAt = lastSeenAt
        self.createdAt = createdAt
        self.name = name
    }
}

/// What is known of one person over all of its conversations.
public struct PersonSummary: Sendable, Hashable {
    /// The device of the conversation that was changed last.
    public var device: DeviceID
    /// The devices of the conversations, by id; at most 1,000.
    public var deviceIDs: [DeviceID]
    /// `user`, the profile with its attributes, and `device_context`: each as of the latest conversation that has it.
    public var metadata: JSONObject
    /// When the first of the conversations was opened.
    public var createdAt: Timestamp
    /// The latest `updatedAt` of the conversations.
    public var updatedAt: Timestamp

    /// Makes a summary.
    public init(
        device: DeviceID, deviceIDs: [DeviceID], metadata: JSONObject, createdAt: Timestamp, updatedAt: Timestamp
    ) {
        self.device = device
        self.deviceIDs = deviceIDs
        self.metadata = metadata
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }
}

/// How the dashboard names a person: `user:<id>` or `device:<id>`.
public enum UserKey: Sendable, Hashable, CustomStringConvertible {
    /// Somebody the app has identified.
    case user(UserID)
    /// A device whose user is not known.
    case device(DeviceID)

    /// Nil for anything but `user:…` and `device:…` with a non-empty id.
    public init?(_ text: String) {
        guard let colon = text.firstIndex(of: ":") else { return nil }
        let id = String(text[text.index(after: colon)...])
        guard !id.isEmpty else { return nil }
        switch text[..<colon] {
        case "user": self = .user(UserID(rawValue: id))
        case "device": self = .device(DeviceID(rawValue: id))
        default: return nil
        }
    }

    /// `user:` or `device:` and the id, as routes and cursors carry it.
    public var description: String {
        switch self {
        case .user(let id): "user:\(id)"
        case .device(let id): "device:\(id)"
        }
    }
}

/// Where a page ends: the next one starts strictly after this row in (`updatedAt` or `lastSeenAt` descending, id).
public struct PageCursor: Sendable, Hashable {
    /// The sorting time of the last row shown.
    public var at: Timestamp
    /// The last row's id, which decides between equal times.
    public var id: String

    /// Makes a cursor behind a row.
    public init(at: Timestamp, id: String) {
        self.at = at
        self.id = id
    }
}

/// How many conversations an app has, by status.
public struct ConversationCounts: Sendable, Hashable {
    /// How many conversations are open.
    public var open: Int
    /// How many are resolved.
    public var resolved: Int

    /// Makes the counts.
    public init(open: Int, resolved: Int) {
        self.open = open
        self.resolved = resolved
    }
}

/// What the dashboard reads. All lists are bounded by `limit` (1…1,000) and continue after a cursor.
public protocol DashboardStore: Sendable {
    /// The app's conversations, latest `updatedAt` first. Of a user's profile their metadata holds no attributes.
    ///
    /// - Parameter status: only those of this status; nil: all.
    func conversationRows(of app: AppID, status: ConversationStatus?, after cursor: PageCursor?, limit: Int)
        async throws -> [ConversationRow]

    /// The app's people, latest seen first; a page's cursor id is the user key.
    func userRows(of app: AppID, after cursor: PageCursor?, limit: Int) async throws -> [UserRow]

    /// One person's conversations, latest `updatedAt` first. Of a user's profile their metadata holds no attributes.
    func conversations(of key: UserKey, app: AppID, after cursor: PageCursor?, limit: Int)
        async throws -> [ConversationRow]

    /// What one person's conversations say of it; nil: there are none.
    func person(_ key: UserKey, app: AppID) async throws -> PersonSummary?

    /// The devices of one person, at most 1,000.
    func devices(of key: UserKey, app: AppID) async throws -> [Device]

    /// One message of the app, whatever conversation it is in; nil: there is none.
    func message(_ id: MessageID, in app: AppID) async throws -> Message?

    /// How many of the app's conversations are open and how many are resolved.
    func conversationCounts(of app: AppID) async throws -> ConversationCounts
}

extension DashboardStore {
    /// The app's conversations of every status, latest `updatedAt` first.
    public func conversationRows(
        of app: AppID, after cursor: PageCursor?, limit: Int
    ) async throws -> [ConversationRow] {
        try await conversationRows(of: app, status: nil, after: cursor, limit: limit)
    }
}
