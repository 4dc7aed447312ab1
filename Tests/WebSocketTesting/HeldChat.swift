import PluginAPI
import Synchronization

/// A chat of one app with one key, whose answers are made and then held back, as a slow store's are: what changes
/// meanwhile is not in them.
public final class HeldChat: Chat, AdminIdentity {
    /// What can be held, or fail.
    public enum Call: Sendable, CaseIterable { case admit, principal, latestConversation, conversation }

    public static let app: AppID = "app"

    private struct State {
        var key: String
        var held: Call?
        var failing: Call?
        var latest: ConversationID?
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state: Mutex<State>

    public init(key: String) { state = Mutex(State(key: key)) }

    /// From now on another key is the app's.
    public func rotate(to key: String) { state.withLock { $0.key = key } }

    /// Holds the answers to a call.
    public func hold(_ call: Call) { state.withLock { $0.held = call } }

    /// From now on a call throws; nil: none does.
    public func fail(_ call: Call?) { state.withLock { $0.failing = call } }

    /// From now on it is the latest of every device.
    public func setLatest(_ conversation: ConversationID) { state.withLock { $0.latest = conversation } }

    /// How many answers are held.
    public var heldCount: Int { state.withLock { $0.waiting.count } }

    /// Gives the answers that are held, and holds no more.
    public func release() {
        let waiting = state.withLock { state in
            state.held = nil
            return exchange(&state.waiting, with: [])
        }
        for continuation in waiting { continuation.resume() }
    }

    private func throwIfFailing(_ call: Call) throws {
        if state.withLock({ $0.failing == call }) { throw ChatError(.unavailable, "away") }
    }

    private func wait(_ call: Call) async {
        await withCheckedContinuation { continuation in
            let isHeld = state.withLock { state in
                if state.held == call { state.waiting.append(continuation) }
                return state.held == call
            }
            if !isHeld { continuation.resume() }
        }
    }

    // MARK: Access

    public func accepts(key: String, of app: AppID) async throws -> Bool {
        app == Self.app && state.withLock { $0.key == key }
    }

    public func admit(_ claim: ClientClaim) async throws -> Bool {
        let isAdmitted = try await accepts(key: claim.key, of: claim.device.app)
        await wait(.admit)
        return isAdmitted
    }

    public func principal(bearer token: String) async throws -> AdminPrincipal { throw AdminRefusal.invalid }

    public func principal(app: AppID, token: String) async throws -> AdminPrincipal {
        let isKey = try await accepts(key: token, of: app)
        await wait(.principal)
        guard isKey || token == "token" else { throw AdminRefusal.invalid }
        return AdminPrincipal(
            app: app, userID: isKey ? nil : "agent", email: nil, role: "AGENT",
            permissions: [.viewConversations, .sendMessages], expiresAt: nil)
    }

    public func checkUser(_ user: UserID, token: String?, in app: AppID) async throws {}
    public func forgetKeys(of app: AppID) {}

    // MARK: Conversations

    /// A conversation of a device; any id is one.
    public static func conversation(_ id: ConversationID, of device: DeviceIdentity) -> Conversation {
        Conversation(
            id: id, visitorID: "vis_1", app: device.app, device: device.device, userID: nil, status: .open,
            metadata: [:], createdAt: .epoch, updatedAt: .epoch)
    }

    public func conversation(_ id: ConversationID, in scope: ConversationScope) async throws -> ConversationHead {
        try throwIfFailing(.conversation)
        guard case .device(let device) = scope else { throw ChatError.conversationNotFound() }
        return ConversationHead(
            conversation: Self.conversation(id, of: device), lastMessageID: nil, lastSequence: 0)
    }

    public func latestConversation(of owner: DeviceIdentity) async throws -> ConversationHead? {
        await wait(.latestConversation)
        try throwIfFailing(.latestConversation)
        return state.withLock(\.latest).map { id in
            ConversationHead(conversation: Self.conversation(id, of: owner), lastMessageID: nil, lastSequence: 0)
        }
    }

    public func openConversation(
        for owner: DeviceIdentity, user: UserProfile?, deviceContext: DeviceContext?
    ) async throws -> Conversation { throw ChatError.conversationNotFound() }

    public func setStatus(
        _ status: ConversationStatus, of id: ConversationID, in scope: ConversationScope
    ) async throws -> Conversation { throw ChatError.conversationNotFound() }

    // MARK: No messages

    public func send(
        _ draft: MessageDraft, to conversation: ConversationID, in scope: ConversationScope, as sender: Message.Sender
    ) async throws -> Message { throw ChatError.conversationNotFound() }

    public func messages(
        of conversation: ConversationID, in scope: ConversationScope, createdAfter: Timestamp?, limit: Int
    ) async throws -> MessagePage { throw ChatError.conversationNotFound() }

    public func messages(
        of conversation: ConversationID, in scope: ConversationScope, afterSequence: Int64, limit: Int
    ) async throws -> MessagePage { throw ChatError.conversationNotFound() }

    public func setStatus(
        _ status: MessageStatus, of message: MessageID, in conversation: ConversationID, scope: ConversationScope
    ) async throws -> MessageReceipt { throw ChatError.conversationNotFound() }

    public func markDelivered(
        _ messages: [MessageID], in conversation: ConversationID, scope: ConversationScope
    ) async throws -> [MessageReceipt] { throw ChatError.conversationNotFound() }

    public func markRead(
        upTo message: MessageID?, in conversation: ConversationID, scope: ConversationScope
    ) async throws -> [MessageReceipt] { throw ChatError.conversationNotFound() }

    public func typing(_ typing: Typing, by connection: ConnectionID) {}
    public func leave(_ conversation: ConversationID, connection: ConnectionID) {}
    public func identify(_ user: UserProfile, on device: DeviceIdentity) async throws {}
    public func registerPushToken(_ token: PushToken, of device: DeviceIdentity) async throws {}
    public func track(_ event: TrackedEvent) throws {}
}
