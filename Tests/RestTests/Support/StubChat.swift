import PluginAPI
import Synchronization

/// A chat that knows one app, one conversation, and what it was asked.
final class StubChat: Chat {
    static let app: AppID = "app-1"
    static let key = "key-1"
    static let conversation: ConversationID = "conv_1"
    static let now = Timestamp(milliseconds: 1_769_681_757_123)

    /// One line for each call, in order.
    let calls = Mutex<[String]>([])
    let events = Mutex<[TrackedEvent]>([])
    let failure: ChatError?

    init(failure: ChatError? = nil) { self.failure = failure }

    private func record(_ call: String, in scope: ConversationScope? = nil, _ id: ConversationID? = nil) throws {
        calls.withLock { $0.append(call) }
        if let failure { throw failure }
        if let id, id != Self.conversation { throw ChatError.conversationNotFound() }
    }

    func accepts(key: String, of app: AppID) async throws -> Bool { key == Self.key && app == Self.app }
    func forgetKeys(of app: AppID) {}

    /// The device "bound" has the secret "s3cret"; the user "ada" has the token "t".
    func admit(_ claim: ClientClaim) async throws -> Bool {
        guard try await accepts(key: claim.key, of: claim.device.app) else { return false }
        if claim.device.device == "bound", claim.deviceSecret != "s3cret" {
            throw ChatError(.invalidDeviceSecret, "The device secret is missing or not this device's")
        }
        return true
    }

    func checkUser(_ user: UserID, token: String?, in app: AppID) async throws {
        if user == "ada", token != "t" {
            throw ChatError(.invalidUserToken, "The user token is missing or not this user's")
        }
    }

    static func row(_ device: DeviceIdentity) -> Conversation {
        Conversation(
            id: conversation, visitorID: "vis_1", app: device.app, device: device.device, userID: nil, status: .open,
            metadata: [:], createdAt: now, updatedAt: now)
    }

    func openConversation(
        for owner: DeviceIdentity, user: UserProfile?, deviceContext: DeviceContext?
    ) async throws -> Conversation {
        try record("open \(user?.id.rawValue ?? "-") \(deviceContext?.platform.rawValue ?? "-")")
        return Self.row(owner)
    }

    func conversation(_ id: ConversationID, in scope: ConversationScope) async throws -> ConversationHead {
        throw ChatError.conversationNotFound()
    }

    func latestConversation(of owner: DeviceIdentity) async throws -> ConversationHead? { nil }

    func setStatus(
        _ status: ConversationStatus, of id: ConversationID, in scope: ConversationScope
    ) async throws -> Conversation { throw ChatError.conversationNotFound() }

    static func message(_ body: String, sequence: Int64 = 7) -> Message {
        Message(
            id: "msg_1", localID: "5b1f7d52-31c9-4b0e-8a51-0a6f4b6c9d10", conversation: conversation, app: app,
            body: body, sender: .user, status: .sent, sequence: sequence, createdAt: now)
    }

    func send(
        _ draft: MessageDraft, to conversation: ConversationID, in scope: ConversationScope, as sender: Message.Sender
    ) async throws -> Message {
        try record("send \(draft.body)", in: scope, conversation)
        return Self.message(draft.body)
    }

    func messages(
        of conversation: ConversationID, in scope: ConversationScope, createdAfter: Timestamp?, limit: Int
    ) async throws -> MessagePage {
        try record("list \(createdAfter?.milliseconds ?? -1) \(limit)", in: scope, conversation)
        return MessagePage(messages: [Self.message("Hi")], hasMore: false)
    }

    func messages(
        of conversation: ConversationID, in scope: ConversationScope, afterSequence: Int64, limit: Int
    ) async throws -> MessagePage {
        try record("sync \(afterSequence) \(limit)", in: scope, conversation)
        return MessagePage(messages: afterSequence < 7 ? [Self.message("Hi")] : [], hasMore: true)
    }

    private static func receipt(_ id: MessageID, _ status: MessageStatus) -> MessageReceipt {
        MessageReceipt(message: id, conversation: conversation, app: app, status: status, updatedAt: now)
    }

    func setStatus(
        _ status: MessageStatus, of message: MessageID, in conversation: ConversationID, scope: ConversationScope
    ) async throws -> MessageReceipt {
        try record("status \(message) \(status.rawValue)", in: scope, conversation)
        return Self.receipt(message, status)
    }

    func markDelivered(
        _ messages: [MessageID], in conversation: ConversationID, scope: ConversationScope
    ) async throws -> [MessageReceipt] {
        try record("delivered \(messages.count)", in: scope, conversation)
        return messages.map { Self.receipt($0, .delivered) }
    }

    func markRead(
        upTo message: MessageID?, in conversation: ConversationID, scope: ConversationScope
    ) async throws -> [MessageReceipt] {
        try record("read \(message?.rawValue ?? "-")", in: scope, conversation)
        return []
    }

    func typing(_ typing: Typing, by connection: ConnectionID) {}
    func leave(_ conversation: ConversationID, connection: ConnectionID) {}

    func identify(_ user: UserProfile, on device: DeviceIdentity) async throws {
        try record("identify \(user.id) on \(device.device)")
    }

    func registerPushToken(_ token: PushToken, of device: DeviceIdentity) async throws {
        try record("token \(token.provider.rawValue) \(token.token)")
    }

    func track(_ event: TrackedEvent) throws {
        try record("track \(event.name)")
        events.withLock { $0.append(event) }
    }
}
