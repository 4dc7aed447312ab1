import NIOCore
import PluginAPI

/// One connection of an agent: subscribed to any number of its app's conversations.
final class AdminPeer: LegacyPeer, @unchecked Sendable {  // Mutable state is touched on its event loop only.
    /// The most conversations that one connection can hear.
    static let mostRooms = 500
    /// The most subscriptions that may be under way.
    static let mostPending = 64

    let principal: AdminPrincipal
    let door: AdminDoor
    let eventLoop: any EventLoop
    private(set) var transport: LegacyTransport?
    private var conversations: Set<ConversationID> = []
    /// The first subscription under way since the last end of one, by its number; what is not here was taken back.
    private var pending: [ConversationID: UInt64] = [:]
    private var pendingCount = 0
    private var subscriptionNumber: UInt64 = 0
    private var expiry: AdminExpiry?
    /// The key that it came in by holds no more.
    private var isRevoked = false

    init(principal: AdminPrincipal, door: AdminDoor, eventLoop: any EventLoop) {
        self.principal = principal
        self.door = door
        self.eventLoop = eventLoop
    }

    func opened(_ transport: LegacyTransport) {
        self.transport = transport
        if isRevoked { return revoke() }
        transport.outlet.send(LegacyReply.established(transport.outlet.id, notice: door.sunset.notice))
        expiry = AdminExpiry(of: principal, transport, door)
    }

    func closed(_ reason: String) {
        expiry?.cancel()
        expiry = nil
        door.keyHolders.remove(self, of: principal.app)
        for conversation in conversations { leave(conversation) }
        conversations = []
        pending = [:]
        transport = nil
    }

    /// Ends the connection, also if it is not open yet. On the loop.
    func revoke() {
        isRevoked = true
        transport?.close(.invalidCredentials)
    }

    func showedLife(at now: NIODeadline) {}

    func received(_ message: LegacyMessage) {
        switch message {
        case .subscribe(let conversation): subscribe(conversation)
        case .unsubscribe(let conversation):
            pending[conversation] = nil
            if conversations.remove(conversation) != nil { leave(conversation) }
        case .ping, .typing, .meaningless, .invalidJSON: return
        }
    }

    private func leave(_ conversation: ConversationID) {
        guard let transport else { return }
        door.hub.rooms(on: eventLoop)?.leave(transport.outlet, topic: .conversation(conversation), wire: door.wire)
    }
}

// MARK: Subscribing

extension AdminPeer {
    private func subscribe(_ conversation: ConversationID) {
        guard principal.may(.viewConversations) else { return refuse(.forbidden) }
        guard conversation.isWellFormed else { return refuse(.conversationNotFound) }
        guard conversations.count + pendingCount < Self.mostRooms else {
            return refuse(.tooManyConversations)
        }
        guard pendingCount < Self.mostPending else { return refuse(.tooManyEvents) }
        subscriptionNumber += 1
        pendingCount += 1
        let number = subscriptionNumber
        if pending[conversation] == nil { pending[conversation] = number }
        // Bounded by `mostPending`; ends with the store's answer.
        Task(executorPreference: EventLoopExecutor(eventLoop)) {
            let result: Result<ConversationHead, any Error>
            do {
                result = .success(
                    try await self.door.chat.conversation(conversation, in: .app(self.principal.app)))
            } catch {
                result = .failure(error)
            }
            self.finish(conversation, number, result)
        }
    }

    private func finish(
        _ conversation: ConversationID, _ number: UInt64, _ result: Result<ConversationHead, any Error>
    ) {
        eventLoop.preconditionInEventLoop()
        pendingCount -= 1
        let isWanted = pending[conversation].map { $0 <= number } ?? false
        if case .success = result, isWanted { pending[conversation] = nil }
        if case .failure = result, pending[conversation] == number { pending[conversation] = nil }
        guard let transport else { return }
        switch result {
        case .success:
            if isWanted, let rooms = door.hub.rooms(on: eventLoop) {
                conversations.insert(conversation)
                rooms.join(transport.outlet, topic: .conversation(conversation), wire: door.wire)
            }
            transport.outlet.send(LegacyReply.subscribed(conversation))
        case .failure(let error) where (error as? ChatError)?.code == .conversationNotFound:
            refuse(.conversationNotFound)
        case .failure(let error):
            door.logger.log(
                level: (error as? ChatError)?.logLevel ?? .error, "A subscription failed",
                metadata: ["error": "\(String(reflecting: error))"])
            refuse(.unavailable)
        }
    }

    private func refuse(_ failure: LegacyFailure) {
        door.monitor.failed(failure)
        transport?.outlet.send(LegacyReply.error(failure))
    }
}
