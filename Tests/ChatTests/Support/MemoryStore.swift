import PluginAPI
import Synchronization

/// A store in memory, for the chat's own rules: it counts what it is asked, and can be made to fail or to wait.
/// What the dashboard reads is not among the chat's calls and answers nothing.
final class MemoryStore: Store {
    struct State {
        var credentials: [AppID: AppCredentials] = [:]
        var credentialReads = 0
        /// Reads of credentials wait until it is opened.
        var gate: Gate?
        var conversations: [ConversationID: Conversation] = [:]
        var messages: [Message] = []
        var lastPageLimit = 0
        var identified: [UserProfile] = []
        var pushTokens: [PushToken] = []
        /// What was to be kept for a push, of each message.
        var intents: [PushIntent?] = []
        var proofs: [DeviceIdentity: DeviceProof] = [:]
        /// The next calls fail with these, first first.
        var failures: [any Error] = []
    }

    let state = Mutex(State())
    /// Batches of tracked events as they were stored.
    let batches: AsyncStream<[TrackedEvent]>
    private let stored: AsyncStream<[TrackedEvent]>.Continuation

    init() {
        (batches, stored) = AsyncStream.makeStream()
    }

    private func failIfTold() throws {
        if let error = state.withLock({ $0.failures.isEmpty ? nil : $0.failures.removeFirst() }) { throw error }
    }

    private func inScope(_ id: ConversationID, _ scope: ConversationScope, _ state: State) -> Conversation? {
        guard let conversation = state.conversations[id] else { return nil }
        switch scope {
        case .device(let owner): return conversation.owner == owner ? conversation : nil
        case .app(let app): return conversation.app == app ? conversation : nil
        }
    }
}

// MARK: Apps

extension MemoryStore {
    func checkHealth() async throws {}
    func createApp(_ app: App, keyHash: String) async throws {
        try failIfTold()
        state.withLock { $0.credentials[app.id] = AppCredentials(app: app.id, keyHash: keyHash) }
    }
    func apps() async throws -> [App] { [] }
    func app(_ id: AppID) async throws -> App? { nil }

    func credentials(of app: AppID) async throws -> AppCredentials? {
        let gate = state.withLock { state in
            state.credentialReads += 1
            return state.gate
        }
        await gate?.passed()
        try failIfTold()
        return state.withLock { $0.credentials[app] }
    }

    func credentials(of apps: [AppID]) async throws -> [AppCredentials] {
        state.withLock { state in apps.compactMap { state.credentials[$0] } }
    }

    func rotateKey(of app: AppID, to keyHash: String, previousExpiresAt: Timestamp?, at now: Timestamp) async throws
        -> Bool
    {
        state.withLock { state in
            guard let old = state.credentials[app] else { return false }
            state.credentials[app] = AppCredentials(
                app: app, keyHash: keyHash, previousKeyHash: previousExpiresAt == nil ? nil : old.keyHash,
                previousKeyExpiresAt: previousExpiresAt, identity: old.identity)
            return true
        }
    }
}

// MARK: Conversations

extension MemoryStore {
    func openConversation(_ new: NewConversation) async throws -> (conversation: Conversation, isNew: Bool) {
        try failIfTold()
        return state.withLock { state in
            let found = state.conversations.values.first { $0.owner == new.owner && $0.userID == new.userID }
            if let found { return (found, false) }
            let made = Conversation(
                id: new.id, visitorID: new.visitorID, app: new.owner.app, device: new.owner.device,
                userID: new.userID, status: .open, metadata: [:], createdAt: new.at, updatedAt: new.at)
            state.conversations[made.id] = made
            return (made, true)
        }
    }

    func conversation(_ id: ConversationID, in scope: ConversationScope) async throws -> ConversationHead? {
        state.withLock { state in
            inScope(id, scope, state).map { conversation in
                let last = state.messages.last { $0.conversation == id }
                return ConversationHead(
                    conversation: conversation, lastMessageID: last?.id, lastSequence: last?.sequence ?? 0)
            }
        }
    }

    func latestConversation(of owner: DeviceIdentity) async throws -> ConversationHead? {
        state.withLock { state in
            state.conversations.values.filter { $0.owner == owner }.max { $0.updatedAt < $1.updatedAt }
                .map { ConversationHead(conversation: $0, lastMessageID: nil, lastSequence: nil) }
        }
    }

    func setStatus(_ status: ConversationStatus, of id: ConversationID, in scope: ConversationScope, at now: Timestamp)
        async throws -> (conversation: Conversation, changed: Bool)?
    {
        state.withLock { state in
            guard var conversation = inScope(id, scope, state) else { return nil }
            let changed = conversation.status != status
            conversation.status = status
            state.conversations[id] = conversation
            return (conversation, changed)
        }
    }
}

// MARK: Messages

extension MemoryStore {
    func append(_ new: NewMessage, onCommit: @escaping @Sendable (StoredMessage) -> Void) async throws
        -> StoredMessage?
    {
        try failIfTold()
        let stored: StoredMessage? = state.withLock { state in
            guard var conversation = inScope(new.conversation, new.scope, state) else { return nil }
            let old = state.messages.first { $0.conversation == new.conversation && $0.localID == new.localID }
            if let old { return StoredMessage(message: old, conversation: conversation, isNew: false, reopened: false) }
            let reopened = new.sender == .user && conversation.status == .resolved
            if reopened { conversation.status = .open }
            conversation.updatedAt = new.at
            state.conversations[new.conversation] = conversation
            let message = Message(
                id: new.id, localID: new.localID, conversation: new.conversation, app: conversation.app,
                body: new.body, sender: new.sender, status: .sent, sequence: Int64(state.messages.count + 1),
                createdAt: new.at)
            state.messages.append(message)
            state.intents.append(new.push)
            return StoredMessage(message: message, conversation: conversation, isNew: true, reopened: reopened)
        }
        if let stored, stored.isNew { onCommit(stored) }
        return stored
    }

    private func page(of id: ConversationID, _ scope: ConversationScope, _ limit: Int) -> MessagePage? {
        state.withLock { state in
            state.lastPageLimit = limit
            return inScope(id, scope, state).map { _ in
                MessagePage(messages: state.messages.filter { $0.conversation == id }, hasMore: false)
            }
        }
    }

    func messages(of conversation: ConversationID, in scope: ConversationScope, createdAfter: Timestamp?, limit: Int)
        async throws -> MessagePage?
    { page(of: conversation, scope, limit) }

    func messages(of conversation: ConversationID, in scope: ConversationScope, afterSequence: Int64, limit: Int)
        async throws -> MessagePage?
    { page(of: conversation, scope, limit) }

    func setStatus(
        _ status: MessageStatus, of message: MessageID, in conversation: ConversationID, scope: ConversationScope,
        at now: Timestamp
    ) async throws -> (message: Message?, changed: Bool)? {
        state.withLock { state in
            guard inScope(conversation, scope, state) != nil else { return nil }
            guard let index = state.messages.firstIndex(where: { $0.id == message && $0.conversation == conversation })
            else { return (nil, false) }
            let changed = state.messages[index].status.mayBecome(status)
            if changed { state.messages[index].status = status }
            return (state.messages[index], changed)
        }
    }

    func markDelivered(
        _ messages: [MessageID], in conversation: ConversationID, scope: ConversationScope, at now: Timestamp
    ) async throws -> [Message]? {
        state.withLock { state in
            guard inScope(conversation, scope, state) != nil else { return nil }
            return messages.compactMap { id in
                guard let index = state.messages.firstIndex(where: { $0.id == id && $0.conversation == conversation }),
                    state.messages[index].status.mayBecome(.delivered)
                else { return nil }
                state.messages[index].status = .delivered
                return state.messages[index]
            }
        }
    }

    func markRead(
        upTo bound: MessageID?, in conversation: ConversationID, scope: ConversationScope, at now: Timestamp
    ) async throws -> [Message]? {
        state.withLock { state in
            guard inScope(conversation, scope, state) != nil else { return nil }
            return state.messages.indices.compactMap { index in
                let message = state.messages[index]
                guard message.conversation == conversation, message.sender != .user, message.status.mayBecome(.read)
                else { return nil }
                state.messages[index].status = .read
                return state.messages[index]
            }
        }
    }
}

// MARK: Devices and events

extension MemoryStore {
    func identify(_ user: UserProfile, on device: DeviceIdentity, at now: Timestamp) async throws {
        try failIfTold()
        state.withLock { state in
            state.identified.append(user)
            state.proofs[device, default: DeviceProof(userID: nil, secretHash: nil)].userID = user.id
        }
    }
    func setPushToken(_ token: PushToken, of device: DeviceIdentity, at now: Timestamp) async throws {
        state.withLock { $0.pushTokens.append(token) }
    }
    func clearPushToken(_ token: String, of device: DeviceIdentity, at now: Timestamp) async throws -> Bool { false }
    func pushToken(of device: DeviceIdentity) async throws -> PushToken? { nil }

    func record(_ events: [TrackedEvent]) async throws {
        try failIfTold()
        stored.yield(events)
    }
}

// MARK: The dashboard

extension MemoryStore {
    func conversationRows(
        of app: AppID, status: ConversationStatus?, after: PageCursor?, limit: Int
    ) async throws -> [ConversationRow] { [] }
    func userRows(of app: AppID, after: PageCursor?, limit: Int) async throws -> [UserRow] { [] }
    func conversations(
        of key: UserKey, app: AppID, after cursor: PageCursor?, limit: Int
    ) async throws -> [ConversationRow] { [] }
    func person(_ key: UserKey, app: AppID) async throws -> PersonSummary? { nil }
    func devices(of key: UserKey, app: AppID) async throws -> [Device] { [] }
    func message(_ id: MessageID, in app: AppID) async throws -> Message? { nil }
    func conversationCounts(of app: AppID) async throws -> ConversationCounts {
        ConversationCounts(open: 0, resolved: 0)
    }
}
