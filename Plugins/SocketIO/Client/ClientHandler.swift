import NIOCore
import PluginAPI

/// One socket of a device on `/client`: in at most one conversation's room at a time.
final class ClientHandler: SocketIOHandler, @unchecked Sendable {  // Mutable state is touched on its event loop only.
    private struct Join {
        var conversation: ConversationID
        var acknowledge: (@Sendable ([SocketIOValue]) -> Void)?
        /// Asked for by the server: nothing is said if it fails or has happened already.
        var isSilent = false
    }

    /// The most joins that may wait for the one under way.
    private static let mostJoins = 16

    let device: DeviceIdentity
    private let namespace: ClientNamespace
    private let eventLoop: any EventLoop
    private let executor: EventLoopExecutor
    private var latest: ConversationHead?
    private var socket: NamespaceSocket?
    private var outlet: RealtimeConnection?
    private var session: ConnectionInfo?
    private var room: ConversationID?
    private var joins: [Join] = []
    private var isJoining = false
    private var budget: EventBudget

    init(device: DeviceIdentity, latest: ConversationHead?, namespace: ClientNamespace, eventLoop: any EventLoop) {
        self.device = device
        self.latest = latest
        self.namespace = namespace
        self.eventLoop = eventLoop
        executor = EventLoopExecutor(eventLoop)
        budget = EventBudget(namespace.rates)
    }

    func joined(_ socket: any SocketIOSocket) {
        guard let socket = socket as? NamespaceSocket, let outlet = socket.outlet else { return }
        self.socket = socket
        self.outlet = outlet
        let session = ConnectionInfo(id: outlet.id, device: device, connectedAt: namespace.clock.now)
        self.session = session
        socket.send(namespace.replies.connected(outlet.id, at: session.connectedAt))
        namespace.presence?.connected(session)
        if let latest { enter(latest) }
        latest = nil
    }

    func disconnected(_ socket: any SocketIOSocket, reason: String) {
        namespace.registry.release(self)
        leaveRoom()
        if let session { namespace.presence?.disconnected(session, reason: reason) }
        session = nil
        self.socket = nil
        outlet = nil
        joins = []
    }

    func received(
        _ event: String,
        _ arguments: [SocketIOValue],
        acknowledge: (@Sendable ([SocketIOValue]) -> Void)?,
        from socket: any SocketIOSocket
    ) {
        guard isWithinBudget(event) else { return }
        switch event {
        case "ping":
            self.socket?.send(namespace.replies.pong)
        case "conversation:join":
            guard let conversation = ConversationID(payload: arguments) else {
                acknowledge?(Acknowledgement.failure("MISSING_CONVERSATION_ID"))
                return
            }
            enqueue(Join(conversation: conversation, acknowledge: acknowledge))
        case "conversation:leave":
            if let conversation = ConversationID(payload: arguments), conversation == room { leaveRoom() }
        case "typing:start", "typing:stop":
            guard let conversation = ConversationID(payload: arguments) else { return }
            typing(event == "typing:start", in: conversation)
        default:
            return
        }
    }

    private func isWithinBudget(_ event: String) -> Bool {
        switch budget.event(event) {
        case .proceed: return true
        case .drop: return false
        case .dropAndComplain:
            socket?.send(namespace.replies.error(code: "RATE_LIMIT_EXCEEDED", "Too many events"))
            return false
        }
    }
}

// MARK: Rooms

extension ClientHandler {
    /// Enters a conversation that was opened elsewhere. From any thread.
    func follow(_ conversation: ConversationID) {
        eventLoop.execute {
            guard self.room != conversation else { return }
            self.enqueue(Join(conversation: conversation, acknowledge: nil, isSilent: true))
        }
    }

    /// Joins happen one after the other, so that the last one asked for is the room in the end.
    private func enqueue(_ join: Join) {
        guard socket != nil else { return }
        guard joins.count < Self.mostJoins else {
            join.acknowledge?(Acknowledgement.failure("RATE_LIMIT_EXCEEDED"))
            return
        }
        joins.append(join)
        guard !isJoining else { return }
        isJoining = true
        // Ends when no join waits; at most one for each socket.
        Task(executorPreference: executor) { await self.performJoins() }
    }

    private func performJoins() async {
        while let join = nextJoin() {
            let result: Result<ConversationHead?, any Error>
            do {
                result = .success(try await perform(join))
            } catch {
                result = .failure(error)
            }
            finish(join, result)
        }
    }

    /// The conversation as the peer is told of it; nil: there is nothing to tell.
    private func perform(_ join: Join) async throws -> ConversationHead? {
        let scope = ConversationScope.device(device)
        let head = try await namespace.chat.conversation(join.conversation, in: scope)
        if join.isSilent, room == head.conversation.id { return nil }
        guard enterRoom(head.conversation.id) else { return head }
        // A message that came between the look and the entering was not delivered here; a second look finds it. When
        // that fails the first one stands: the peer is in the room.
        return (try? await namespace.chat.conversation(join.conversation, in: scope)) ?? head
    }

    private func nextJoin() -> Join? {
        eventLoop.preconditionInEventLoop()
        guard !joins.isEmpty else {
            isJoining = false
            return nil
        }
        return joins.removeFirst()
    }

    private func finish(_ join: Join, _ result: Result<ConversationHead?, any Error>) {
        guard let socket else { return }
        switch result {
        case .success(nil):
            return
        case .success(let head?):
            socket.send(namespace.replies.conversationJoined(head))
            join.acknowledge?(Acknowledgement.joined(head))
        case .failure(let error):
            if (error as? ChatError)?.code != .conversationNotFound {
                namespace.logger.error("A join failed", metadata: ["error": "\(String(reflecting: error))"])
            }
            join.acknowledge?(Acknowledgement.failure(error))
        }
    }

    private func enter(_ head: ConversationHead) {
        _ = enterRoom(head.conversation.id)
        socket?.send(namespace.replies.conversationJoined(head))
    }

    /// False: the peer is in that room already, or gone.
    private func enterRoom(_ conversation: ConversationID) -> Bool {
        guard let outlet, room != conversation, let rooms = namespace.hub.rooms(on: eventLoop) else { return false }
        leaveRoom()
        rooms.join(outlet, topic: .conversation(conversation), wire: namespace.wire)
        room = conversation
        return true
    }

    private func leaveRoom() {
        guard let room, let outlet else { return }
        namespace.hub.rooms(on: eventLoop)?.leave(outlet, topic: .conversation(room), wire: namespace.wire)
        namespace.chat.leave(room, connection: outlet.id)
        self.room = nil
    }

    /// Only those who joined a conversation may type in it.
    private func typing(_ isTyping: Bool, in conversation: ConversationID) {
        guard conversation == room, let outlet else { return }
        let typing = Typing(
            conversation: conversation,
            app: device.app,
            side: .user(device.device),
            isTyping: isTyping
        )
        namespace.chat.typing(typing, by: outlet.id)
    }
}
